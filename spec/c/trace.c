/* trace.c -- tests of session/trace.c: what goes on at the end of a trace is in
 * it once. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "sample/session/trace.h"

static void assert_has_one_begin(struct trace *trace)
{
    static const char begin[] = "\"ph\":\"b\"";
    struct buf json = BUF_INIT;
    struct err err = {0};
    assert_true(trace_write_json(trace, &json, &err));
    const char *found = strstr(buf_cstr(&json), begin);
    assert_non_null(found);
    assert_null(strstr(found + 1, begin));
    buf_fini(&json);
    trace_free(trace);
}

/* As a worker does that is asked about both, in the order of their ends. */
static void has_once_what_goes_on_beyond_two_ends(void **state)
{
    (void)state;
    for (int reversed = 0; reversed < 2; reversed++) {
        struct trace *traces[2];
        struct err err = {0};
        struct trace_event wait = {
            .kind = TRACE_WAIT, .number = 1, .reason = "mutex orders"};
        for (int i = 0; i < 2; i++)
            traces[i] = trace_open(&err);
        uint64_t numbers[2];
        for (int i = 0; i < 2; i++)
            numbers[i] = trace_stop(traces[i ^ reversed]);
        for (int i = 0; i < 2; i++) {
            trace_add_to(numbers[i], &wait);
            wait.seen = numbers[i];
        }
        wait.end_ns = 1;
        trace_add(&wait);
        for (int i = 0; i < 2; i++)
            assert_has_one_begin(traces[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(has_once_what_goes_on_beyond_two_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
