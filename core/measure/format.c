#include "measure/format.h"

#include <math.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>

/* Removes the zeros at the end of a decimal fraction. */
static void trim_zeros(char *text)
{
    if (!strchr(text, '.'))
        return;
    size_t n = strlen(text);
    while (text[n - 1] == '0')
        text[--n] = '\0';
    if (text[n - 1] == '.')
        text[n - 1] = '\0';
}

static const char *with_unit(char *out, size_t size, double value, int decimals,
                             const char *unit)
{
    char digits[64];
    snprintf(digits, sizeof digits, "%.*f", decimals, value);
    trim_zeros(digits);
    snprintf(out, size, "%s%s", digits, unit);
    return out;
}

const char *format_time(char *out, size_t size, double ms)
{
    double magnitude = fabs(ms);
    if (magnitude == 0)
        return with_unit(out, size, 0, 0, "s");
    if (magnitude < 0.001)
        return with_unit(out, size, ms * 1e6, 0, "ns");
    if (magnitude < 1)
        return with_unit(out, size, ms * 1e3, 2, "µs");
    if (magnitude < 1e3)
        return with_unit(out, size, ms, 2, "ms");
    if (magnitude < 6e4)
        return with_unit(out, size, ms / 1e3, 2, "s");
    long seconds = lround(ms / 1e3);
    if (magnitude < 3.6e6)
        snprintf(out, size, "%ldm%lds", seconds / 60, labs(seconds % 60));
    else
        snprintf(out, size, "%ldh%ldm%lds", seconds / 3600,
                 labs(seconds / 60 % 60), labs(seconds % 60));
    return out;
}

const char *format_time_brief(char *out, size_t size, double ms)
{
    static const struct {
        double least_ms;
        const char *name;
    } units[] = {{1e3, "s"}, {1, "ms"}, {1e-3, "µs"}, {1e-6, "ns"}};
    double magnitude = fabs(ms);
    unsigned i = 0;
    if (magnitude >= 99950)
        return format_time(out, size, ms);
    if (magnitude < 0.5e-6) {
        snprintf(out, size, "0");
        return out;
    }
    while (i < 3 && magnitude < units[i].least_ms * 0.9995)
        i++;
    double value = ms / units[i].least_ms;
    magnitude = fabs(value);
    int decimals = magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0;
    snprintf(out, size, "%.*f%s", decimals, value, units[i].name);
    return out;
}

const char *format_count(char *out, size_t size, double n)
{
    char digits[32];
    size_t used = 0;
    int length = snprintf(digits, sizeof digits, "%.0f", n);
    for (int i = 0; i < length && used + 2 < size; i++) {
        out[used++] = digits[i];
        int left = length - i - 1;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            out[used++] = ',';
    }
    out[used] = '\0';
    return out;
}

const char *format_bytes(char *out, size_t size, double bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t i = 0;
    while (fabs(bytes) >= 1000 && i + 1 < sizeof units / sizeof *units) {
        bytes /= 1000;
        i++;
    }
    snprintf(out, size, "%.*f %s", fabs(bytes) < 10 && i > 0 ? 1 : 0, bytes,
             units[i]);
    return out;
}

const char *format_number(char *out, size_t size, double value)
{
    return with_unit(out, size, value, 6, "");
}

const char *format_share(char *out, size_t size, double part, double all)
{
    double hundredths = all > 0 ? floor(10000 * part / all + 1e-9) : 0;
    snprintf(out, size, "%.2f%%", hundredths / 100);
    return out;
}

const char *format_value(char *out, size_t size, enum metric_unit unit,
                         double value)
{
    switch (unit) {
    case METRIC_TIME:
        return format_time(out, size, value);
    case METRIC_DATA:
        return format_bytes(out, size, value);
    default:
        return format_number(out, size, value);
    }
}

size_t format_width(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}
