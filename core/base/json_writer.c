#include "base/json_writer.h"

#include <math.h>
#include <stdarg.h>

#include "base/json.h"

static void break_line(struct json_writer *json)
{
    json->needs_new_line = false;
    buf_printf(json->out, "\n%*s", json->indent, "");
}

/* Writes the comma and the line break before a key or a value in an array. */
static void separate(struct json_writer *json)
{
    if (json->needs_comma)
        buf_putc(json->out, ',');
    if (json->needs_new_line)
        break_line(json);
    else if (json->needs_comma && json->is_spaced)
        buf_putc(json->out, ' ');
}

void json_key(struct json_writer *json, const char *key, size_t n)
{
    separate(json);
    json_put_string(json->out, key, n);
    buf_puts(json->out, json->is_spaced ? ": " : ":");
    json->needs_comma = false;
}

static void begin_value(struct json_writer *json, const char *key)
{
    if (key)
        json_key(json, key, strlen(key));
    else
        separate(json);
    json->needs_comma = true;
}

static void begin_nested(struct json_writer *json, const char *key,
                         char bracket)
{
    begin_value(json, key);
    buf_putc(json->out, bracket);
    json->needs_comma = false;
}

static void end_nested(struct json_writer *json, char bracket)
{
    if (json->needs_new_line)
        break_line(json);
    buf_putc(json->out, bracket);
    json->needs_comma = true;
}

void json_begin_object(struct json_writer *json, const char *key)
{
    begin_nested(json, key, '{');
}

void json_end_object(struct json_writer *json) { end_nested(json, '}'); }

void json_begin_array(struct json_writer *json, const char *key)
{
    begin_nested(json, key, '[');
}

void json_end_array(struct json_writer *json) { end_nested(json, ']'); }

void json_new_line(struct json_writer *json, int indent)
{
    json->needs_new_line = true;
    json->indent = indent;
}

void json_text(struct json_writer *json, const char *key, const char *text)
{
    if (text)
        json_bytes(json, key, text, strlen(text));
    else
        json_null(json, key);
}

void json_bytes(struct json_writer *json, const char *key, const char *bytes,
                size_t n)
{
    begin_value(json, key);
    json_put_string(json->out, bytes, n);
}

void json_format(struct json_writer *json, const char *key, const char *format,
                 ...)
{
    struct buf text = BUF_INIT;
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    json->out->failed |= text.failed;
    json_bytes(json, key, text.data ? text.data : "", text.len);
    buf_fini(&text);
}

void json_int(struct json_writer *json, const char *key, int64_t value)
{
    begin_value(json, key);
    json_put_integer(json->out, value);
}

void json_bool(struct json_writer *json, const char *key, bool value)
{
    begin_value(json, key);
    buf_puts(json->out, value ? "true" : "false");
}

void json_null(struct json_writer *json, const char *key)
{
    begin_value(json, key);
    buf_puts(json->out, "null");
}

void json_double(struct json_writer *json, const char *key, double value)
{
    begin_value(json, key);
    if (!json_put_number(json->out, value))
        buf_puts(json->out, "null");
}

static void put_digits(struct json_writer *json, const char *key,
                       const char *format, int digits, double value)
{
    begin_value(json, key);
    if (isfinite(value))
        buf_printf(json->out, format, digits, value);
    else
        buf_puts(json->out, "null");
}

void json_significant(struct json_writer *json, const char *key, int digits,
                      double value)
{
    put_digits(json, key, "%.*g", digits, value);
}

void json_fixed(struct json_writer *json, const char *key, int decimals,
                double value)
{
    put_digits(json, key, "%.*f", decimals, value);
}
