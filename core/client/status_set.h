/* status_set.h -- the statuses that a request expects. A reply with another
 * status counts as failed. */
#ifndef CLIENT_STATUS_SET_H
#define CLIENT_STATUS_SET_H

#include <stdbool.h>
#include <stdint.h>

#define STATUS_SET_MAX 16 /* ranges */

struct status_set {
    uint8_t n;
    struct {
        uint16_t first, last;
    } ranges[STATUS_SET_MAX];
};

/* 200 to 399, k6's default. */
extern const struct status_set status_set_default;

bool status_set_has(const struct status_set *set, int status);

#endif
