-- For the daily deletion of what was counted on days gone by.
CREATE INDEX token_usage_by_day ON token_usage (day);
