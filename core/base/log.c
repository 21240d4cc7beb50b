#include "base/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fork.h"
#include "base/json.h"

#define MAX_TEXT 8192

static atomic_int least_level = LOG_INFO;
static atomic_int chosen_format = LOG_LOGFMT;
static _Atomic(const struct log_writer *) chosen_writer;

void log_set_level(enum log_level level)
{
    atomic_store(&least_level, (int)level);
}

void log_set_format(enum log_format format)
{
    atomic_store(&chosen_format, (int)format);
}

void log_set_writer(const struct log_writer *writer)
{
    atomic_store(&chosen_writer, writer);
}

/* Returns true if `text` is not empty and has only letters, digits and the
 * characters of `others`. */
static bool consists_of(const char *text, const char *others)
{
    if (!*text)
        return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr(others, *text))
            return false;
    return true;
}

bool log_is_word(const char *text) { return consists_of(text, "_-."); }

static void put_timestamp(struct buf *out)
{
    char text[32];
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
    buf_printf(out, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

static void put_quoted(struct buf *out, const char *text, size_t n)
{
    buf_putc(out, '"');
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (c == '"' || c == '\\')
            buf_printf(out, "\\%c", c);
        else if (c == '\n' || c == '\r' || c == '\t')
            buf_puts(out, c == '\n' ? "\\n" : c == '\r' ? "\\r" : "\\t");
        else
            buf_putc(out, (unsigned char)c < 0x20 ? '?' : c);
    }
    buf_putc(out, '"');
}

static void put_field_text(struct buf *out, const char *text, bool as_json)
{
    text = text ? text : "";
    size_t n = strnlen(text, MAX_TEXT);
    if (as_json)
        json_put_string(out, text, n);
    else if (consists_of(text, "_-.:/[]"))
        buf_append(out, text, n);
    else
        put_quoted(out, text, n);
}

static void put_field_value(struct buf *out, const struct log_field *field,
                            bool as_json)
{
    switch (field->type) {
    case LOG_TEXT:
        put_field_text(out, field->value.text, as_json);
        break;
    case LOG_INTEGER:
        buf_printf(out, "%" PRId64, field->value.integer);
        break;
    case LOG_NUMBER:
        if (!json_put_number(out, field->value.number))
            buf_puts(out, as_json ? "null" : "NaN");
        break;
    case LOG_BOOLEAN:
        buf_puts(out, field->value.boolean ? "true" : "false");
        break;
    }
}

static void put_line(struct buf *out, enum log_level level, const char *event,
                     const struct log_field *fields, size_t n)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    bool as_json = atomic_load(&chosen_format) == LOG_JSON;
    buf_puts(out, as_json ? "{\"time\":\"" : "time=");
    put_timestamp(out);
    buf_printf(out,
               as_json ? "\",\"level\":\"%s\",\"event\":\"%s\""
                       : " level=%s event=%s",
               names[level], event);
    for (size_t i = 0; i < n; i++) {
        buf_printf(out, as_json ? ",\"%s\":" : " %s=", fields[i].key);
        put_field_value(out, &fields[i], as_json);
    }
    buf_puts(out, as_json ? "}\n" : "\n");
}

void log_write(enum log_level level, const char *event,
               const struct log_field *fields, size_t n_fields)
{
    if ((int)level < atomic_load(&least_level))
        return;
    struct buf line = BUF_INIT;
    put_line(&line, level, event, fields, n_fields);
    /* One write per line, so that lines of several threads do not mix. */
    ssize_t written = 0;
    const struct log_writer *writer = atomic_load(&chosen_writer);
    if (!line.failed && writer && fork_depth == 0)
        writer->write(writer->ctx, line.data, line.len);
    else if (!line.failed)
        written = write(STDERR_FILENO, line.data, line.len);
    (void)written;
    buf_fini(&line);
}
