/* duration.h -- durations as k6 and Go write them. */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_GRAMMAR "a duration such as \"10s\", \"1m30s\" or \"500ms\""

/* Parse "1h2m3.5s", "500ms", "10us"; at most 100 days. False: it is none. */
bool duration_parse(const char *text, int64_t *ns);

#endif
