#include "base/duration.h"

#include <stdlib.h>
#include <string.h>

#define MAX_NS (INT64_C(100) * 86400 * 1000000000)

static const struct unit {
    const char *name;
    int64_t ns;
} units[] = {
    {"h", INT64_C(3600000000000)},
    {"m", INT64_C(60000000000)},
    {"s", 1000000000},
    {"ms", 1000000},
    {"us", 1000},
    {"µs", 1000},
    {"ns", 1},
};
static const size_t n_units = sizeof units / sizeof *units;

static const struct unit *find_unit(const char *text, size_t n)
{
    for (size_t i = 0; i < n_units; i++)
        if (strlen(units[i].name) == n && memcmp(units[i].name, text, n) == 0)
            return &units[i];
    return NULL;
}

bool duration_parse(const char *text, int64_t *ns)
{
    double total = 0;
    if (!*text)
        return false;
    while (*text) {
        size_t n_digits = strspn(text, "0123456789.");
        size_t n_unit = strcspn(text + n_digits, "0123456789.");
        const struct unit *unit = find_unit(text + n_digits, n_unit);
        char *end;
        double value = strtod(text, &end);
        if (n_digits == 0 || end != text + n_digits || !unit)
            return false;
        total += value * (double)unit->ns;
        if (total > (double)MAX_NS)
            return false;
        text += n_digits + n_unit;
    }
    *ns = (int64_t)(total + 0.5);
    return true;
}
