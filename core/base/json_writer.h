/* json_writer.h -- writes a JSON document member by member, and keeps its
 * commas.
 *
 *   struct json_writer json = {.out = &text};
 *   json_begin_object(&json, NULL);
 *   json_text(&json, "name", "p(95)");
 *   json_begin_array(&json, "values");
 *   json_int(&json, NULL, 1);
 *   json_int(&json, NULL, 2);
 *   json_end_array(&json);
 *   json_end_object(&json);
 *
 * appends {"name":"p(95)","values":[1,2]} to `text`. Every function that begins
 * or writes a value takes its key, which is NULL in an array, at the top, and
 * after json_key. The writer trusts its caller to end what it begins. It is
 * plain data and owns nothing; a failure to allocate shows in `out->failed`.
 */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct json_writer {
    struct buf *out;
    bool is_spaced; /* a space after each comma and colon on a line */
    /* json_writer.c's own. */
    bool needs_comma;    /* before the next key, or value in an array */
    bool needs_new_line; /* before the next key, value or end */
    int indent;          /* of that line */
};

void json_begin_object(struct json_writer *json, const char *key);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json, const char *key);
void json_end_array(struct json_writer *json);

/* Makes the next key, value or end begin a line that is indented by so many
 * spaces. */
void json_new_line(struct json_writer *json, int indent);

/* Writes the key of the next value, for keys that are no C strings. */
void json_key(struct json_writer *json, const char *key, size_t n);

/* Writes a string, or null if `text` is NULL. */
void json_text(struct json_writer *json, const char *key, const char *text);
void json_bytes(struct json_writer *json, const char *key, const char *bytes,
                size_t n);

/* Writes a string that is formatted as by printf and then escaped. */
void json_format(struct json_writer *json, const char *key, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));

void json_int(struct json_writer *json, const char *key, int64_t value);
void json_bool(struct json_writer *json, const char *key, bool value);
void json_null(struct json_writer *json, const char *key);

/* Write a number, or null for NaN and infinities: with the fewest digits that
 * read back as the same double (base/json.h), with so many significant digits
 * (%.*g), or with so many decimals (%.*f). */
void json_double(struct json_writer *json, const char *key, double value);
void json_significant(struct json_writer *json, const char *key, int digits,
                      double value);
void json_fixed(struct json_writer *json, const char *key, int decimals,
                double value);

#endif
