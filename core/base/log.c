#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static atomic_int least_level = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&least_level, (int)level);
}

static size_t put_time(char *out, size_t size)
{
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    size_t n = strftime(out, size, "time=%Y-%m-%dT%H:%M:%S", &parts);
    return n + (size_t)snprintf(out + n, size - n, ".%03ldZ",
                                now.tv_nsec / 1000000);
}

void log_write(enum log_level level, const char *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if ((int)level < atomic_load(&least_level))
        return;

    char line[16384];
    size_t n = put_time(line, sizeof line);
    n += (size_t)snprintf(line + n, sizeof line - n, " level=%s event=%s ",
                          names[level], event);
    va_list args;
    va_start(args, format);
    int more = vsnprintf(line + n, sizeof line - n - 1, format, args);
    va_end(args);
    if (more > 0)
        n += (size_t)more;
    if (n > sizeof line - 2)
        n = sizeof line - 2;
    if (line[n - 1] == ' ')
        n--;
    line[n++] = '\n';
    /* One write per line, so that lines of several threads never mix. */
    ssize_t written = write(STDERR_FILENO, line, n);
    (void)written;
}

const char *log_quote(char *out, size_t size, const char *value)
{
    size_t n = 0;
    out[n++] = '"';
    for (; *value && n + 4 < size; value++) {
        char c = *value;
        if (c == '"' || c == '\\') {
            out[n++] = '\\';
            out[n++] = c;
        } else if (c == '\n' || c == '\r' || c == '\t') {
            out[n++] = '\\';
            out[n++] = c == '\n' ? 'n' : c == '\r' ? 'r' : 't';
        } else {
            out[n++] = (unsigned char)c < 0x20 ? '?' : c;
        }
    }
    out[n++] = '"';
    out[n] = '\0';
    return out;
}
