#include "http/request_id.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "http/daemon.h"

static bool is_id(const char *text)
{
    size_t n = strnlen(text, REQUEST_ID_MAX + 1);
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("_-.+/=:~", text[i]))
            return false;
    return n > 0 && n <= REQUEST_ID_MAX;
}

void request_id_read(const struct request *request, char id[REQUEST_ID_MAX + 1])
{
    const char *given = MHD_lookup_connection_value(
        request->connection, MHD_HEADER_KIND, REQUEST_ID_HEADER);
    if (given && is_id(given))
        snprintf(id, REQUEST_ID_MAX + 1, "%s", given);
    else
        snprintf(id, REQUEST_ID_MAX + 1, "%016" PRIx64,
                 random_next(random_of_thread()));
}
