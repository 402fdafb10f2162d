"""How Django writes days and times where a template names no format: short, and the same in both languages."""
