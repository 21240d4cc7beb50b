/* json_writer.h -- writes a JSON document member by member and puts the commas.
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
 * or writes a value takes the key of the value. The key is NULL in an array, at
 * the top of the document and after json_key. The caller ends each object and
 * array that it begins: the writer does not check. The struct owns nothing. If
 * an allocation fails, `out->failed` is set.
 *
 * Path: report/output_json.c, sample/session/trace_json.c -> [json_writer]
 * -> json.c -> buf.c
 */
#ifndef BASE_JSON_WRITER_H
#define BASE_JSON_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct json_writer {
    struct buf *out; /* the caller's */
    bool is_spaced;  /* a space follows each comma and colon on a line */
    /* The rest belongs to json_writer.c. */
    bool needs_comma;    /* the next key, or value in an array, needs a comma */
    bool needs_new_line; /* the next key, value or end begins a line */
    int indent;          /* of that line, in spaces */
};

/* Begin and end an object or an array. */
void json_begin_object(struct json_writer *json, const char *key);
void json_end_object(struct json_writer *json);
void json_begin_array(struct json_writer *json, const char *key);
void json_end_array(struct json_writer *json);

/* Makes the next key, value or end begin a line that is indented by `indent`
 * spaces. */
void json_new_line(struct json_writer *json, int indent);

/* Writes the key of the next value, for keys that are not C strings. */
void json_key(struct json_writer *json, const char *key, size_t n);

/* Writes a string, or null if `text` is NULL. */
void json_text(struct json_writer *json, const char *key, const char *text);

/* Writes a string of `n` bytes, which may hold NUL. */
void json_bytes(struct json_writer *json, const char *key, const char *bytes,
                size_t n);

/* Writes a string that is formatted as by printf and then escaped. */
void json_format(struct json_writer *json, const char *key, const char *format,
                 ...) __attribute__((format(printf, 3, 4)));

/* Write an integer, true or false, and null. */
void json_int(struct json_writer *json, const char *key, int64_t value);
void json_bool(struct json_writer *json, const char *key, bool value);
void json_null(struct json_writer *json, const char *key);

/* Write a number, or null for NaN and infinities. json_double writes the fewest
 * digits that read back as the same double (json.h), json_significant writes
 * `digits` significant digits (%.*g), and json_fixed writes `decimals` digits
 * behind the point (%.*f). */
void json_double(struct json_writer *json, const char *key, double value);
void json_significant(struct json_writer *json, const char *key, int digits,
                      double value);
void json_fixed(struct json_writer *json, const char *key, int decimals,
                double value);

#endif
