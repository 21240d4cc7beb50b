/* duration.h -- parses durations as k6 and Go write them, in options and
 * scripts. */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* For error messages: "must be " DURATION_GRAMMAR. */
#define DURATION_GRAMMAR "a duration such as \"10s\", \"1m30s\" or \"500ms\""

/* Parses a duration such as "1h2m3.5s", "500ms" or "10us" into `*ns`. Returns
 * false if `text` is no duration or stands for more than 100 days. */
bool duration_parse(const char *text, int64_t *ns);

#endif
