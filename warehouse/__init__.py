"""Where evidence rests, and how it is read. Knows neither sources nor controls."""
