// Tells the server the browser's time zone once, so that the administration shows times in it.
if (!/(?:^|; )timezone=/.test(document.cookie)) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `timezone=${zone}; path=/; max-age=31536000; samesite=lax`;
}
