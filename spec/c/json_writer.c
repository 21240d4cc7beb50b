/* json_writer.c -- tests of base/json_writer.c. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "base/json_writer.h"

static void check(struct json_writer *json, const char *want)
{
    assert_string_equal(buf_cstr(json->out), want);
    buf_fini(json->out);
}

/* An object with each kind of value, and containers in containers. */
static void write_all(struct json_writer *json)
{
    json_begin_object(json, NULL);
    json_text(json, "text", "a \"b\"");
    json_bytes(json, "bytes", "cd", 1);
    json_format(json, "format", "%d \\ %s", 7, "x");
    json_begin_array(json, "numbers");
    json_int(json, NULL, INT64_MIN);
    json_double(json, NULL, 1);
    json_significant(json, NULL, 3, 1234.5);
    json_fixed(json, NULL, 2, 1.005);
    json_end_array(json);
    json_begin_object(json, "empty");
    json_end_object(json);
    json_begin_array(json, "lists");
    json_begin_array(json, NULL);
    json_end_array(json);
    json_begin_object(json, NULL);
    json_null(json, "null");
    json_end_object(json);
    json_bool(json, NULL, true);
    json_end_array(json);
    json_bool(json, "last", false);
    json_end_object(json);
}

static void commas_are_kept(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text};
    write_all(&json);
    check(&json, "{\"text\":\"a \\\"b\\\"\",\"bytes\":\"c\","
                 "\"format\":\"7 \\\\ x\","
                 "\"numbers\":[-9223372036854775808,1.0,1.23e+03,1.00],"
                 "\"empty\":{},\"lists\":[[],{\"null\":null},true],"
                 "\"last\":false}");
}

static void spaces_follow_commas_and_colons(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text, .is_spaced = true};
    write_all(&json);
    check(&json, "{\"text\": \"a \\\"b\\\"\", \"bytes\": \"c\", "
                 "\"format\": \"7 \\\\ x\", "
                 "\"numbers\": [-9223372036854775808, 1.0, 1.23e+03, 1.00], "
                 "\"empty\": {}, \"lists\": [[], {\"null\": null}, true], "
                 "\"last\": false}");
}

static void lines_begin_where_they_are_told(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text, .is_spaced = true};
    json_begin_object(&json, NULL);
    json_new_line(&json, 2);
    json_begin_object(&json, "a");
    for (int i = 0; i < 2; i++) {
        json_new_line(&json, 4);
        json_key(&json, "keys", i ? 4 : 3);
        json_int(&json, NULL, i);
    }
    json_new_line(&json, 2);
    json_end_object(&json);
    json_int(&json, "b", 2);
    json_new_line(&json, 0);
    json_end_object(&json);
    check(&json, "{\n  \"a\": {\n    \"key\": 0,\n    \"keys\": 1\n  }, "
                 "\"b\": 2\n}");
}

/* JSON has no such numbers, and no such text. */
static void what_json_lacks_is_null(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text};
    json_begin_array(&json, NULL);
    json_double(&json, NULL, NAN);
    json_significant(&json, NULL, 6, INFINITY);
    json_fixed(&json, NULL, 3, -INFINITY);
    json_text(&json, NULL, NULL);
    json_end_array(&json);
    check(&json, "[null,null,null,null]");
}

static void keys_are_escaped(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    struct json_writer json = {.out = &text};
    json_begin_object(&json, NULL);
    json_int(&json, "a\"\n", 1);
    json_key(&json, "\0b", 2);
    json_format(&json, NULL, "%s", "");
    json_end_object(&json);
    check(&json, "{\"a\\\"\\n\":1,\"\\u0000b\":\"\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(commas_are_kept),
        cmocka_unit_test(spaces_follow_commas_and_colons),
        cmocka_unit_test(lines_begin_where_they_are_told),
        cmocka_unit_test(what_json_lacks_is_null),
        cmocka_unit_test(keys_are_escaped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
