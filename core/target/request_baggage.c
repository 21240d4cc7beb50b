#include "target/request_baggage.h"

#include <string.h>

#include "base/percent.h"

/* Returns true if the character stands for itself in a value and no decoder
 * takes it for something else. */
static bool is_baggage_char(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~/:", c));
}

static void put_baggage_value(struct buf *out, const char *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)value[i];
        if (is_baggage_char(c))
            buf_putc(out, (char)c);
        else
            percent_put(out, c);
    }
}

void request_baggage_put(struct buf *out, const char *scenario,
                         const char *name, size_t n_name)
{
    buf_puts(out, "baggage: k6.scenario=");
    put_baggage_value(out, scenario, strlen(scenario));
    buf_puts(out, "," REQUEST_BAGGAGE_NAME "=");
    put_baggage_value(out, name, n_name);
    buf_puts(out, "\r\n");
}
