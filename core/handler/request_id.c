#include "handler/request_id.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "http/daemon.h"

static bool is_id(const char *text)
{
    size_t n = strnlen(text, REQUEST_ID_MAX + 1);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_-.+/=:~", text[i]))
            return false;
    return n > 0 && n <= REQUEST_ID_MAX;
}

/* SplitMix64 (Steele, Lea, Flood 2014), begun anew by each thread. */
static uint64_t draw(void)
{
    static _Thread_local uint64_t state;
    if (state == 0 && getrandom(&state, sizeof state, 0) != sizeof state)
        state = (uint64_t)(uintptr_t)&state;
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

void request_id_read(const struct request *request, char id[REQUEST_ID_MAX + 1])
{
    const char *given = MHD_lookup_connection_value(
        request->connection, MHD_HEADER_KIND, REQUEST_ID_HEADER);
    if (given && is_id(given))
        snprintf(id, REQUEST_ID_MAX + 1, "%s", given);
    else
        snprintf(id, REQUEST_ID_MAX + 1, "%016" PRIx64, draw());
}
