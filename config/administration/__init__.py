"""The administration: its frame, its start page, exports, and the zone of its times."""
