/* live_block.c -- tests of live/live_block.c and live/live_line.c: what the
 * live view shows of a state at any width and height, and that no name from a
 * script gets at the terminal. That it works on one: spec/live_view_spec.lua.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "live/live_block.h"

static struct live_state state;
static struct live_recent recent;

static void fill(void)
{
    recent = (struct live_recent){
        .rate = 2412.4,
        .latency = {2412, 1.9, 21.7, 88.1, 143},
        .n_lags = 5,
        .lag_p99_ms = 0.08,
        .cores = 0.31,
        .busiest = 0.3,
        .rates = {1000, 2000, 0, 2412},
        .p99s = {1, 1, -1, 21.7},
        .n_seconds = 4,
    };
    state = (struct live_state){
        .script = "load.lua",
        .target = "http://127.0.0.1:8080",
        .elapsed_s = 18.4,
        .planned_s = 30,
        .phase = LOAD_SCENARIOS,
        .has_keys = true,
        .recent = &recent,
        .n_scenarios = 2,
        .scenarios = {{.name = "steady",
                       .executor = "constant-arrival-rate",
                       .step = LIVE_RUNS,
                       .progress = 0.6,
                       .is_open = true,
                       .rate = 2000,
                       .n_active = 41,
                       .n_vus = 500},
                      {.name = "users",
                       .executor = "ramping-vus",
                       .step = LIVE_RUNS,
                       .progress = 0.6,
                       .n_active = 50,
                       .n_vus = 50}},
        .latency = {43000, 1.85, 20, 80, 250},
        .n_requests = 43416,
        .n_failed = 9,
        .n_failures = 2,
        .failures = {{"503", 7}, {"timeout", 2}},
    };
}

/* The block without what clears line ends, which must be its only escapes. */
static const char *draw(unsigned columns, unsigned rows, bool utf8)
{
    static char text[65536];
    struct live_style style = {columns, rows, utf8, false};
    struct buf out = BUF_INIT;
    size_t n = 0;
    live_block_draw(&out, &state, &style);
    assert_false(out.failed);
    for (size_t i = 0; i < out.len; i++) {
        if (out.len - i >= 3 && memcmp(out.data + i, "\033[K", 3) == 0) {
            i += 2;
            continue;
        }
        unsigned char c = (unsigned char)out.data[i];
        assert_true(c == '\n' || c >= 0x20);
        assert_true(c != 0x7f && (utf8 || c < 0x80));
        text[n++] = out.data[i];
    }
    text[n] = '\0';
    buf_fini(&out);
    return text;
}

/* How many lines; none is wider than `columns`. */
static unsigned check_width(const char *text, unsigned columns)
{
    unsigned n = 0;
    char line[2048];
    for (const char *end; (end = strchr(text, '\n')); text = end + 1, n++) {
        snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
        if (live_line_width(line) > columns)
            fail_msg("%u columns, more than %u: %s", live_line_width(line),
                     columns, line);
    }
    return n;
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("no '%s' in:\n%s", part, text);
}

static void test_80_columns(void **unused)
{
    (void)unused;
    fill();
    const char *text = draw(80, 24, true);
    assert_int_equal(check_width(text, 80), 9);
    has(text, "load.lua → http://127.0.0.1:8080 ");
    has(text, " 00:18 / 00:30\n");
    has(text, "steady constant-arrival-rate ████████████░░░░░░░░ "
              "2,000/s 41 of 500 VUs  late 0\n");
    has(text, "users  ramping-vus           ████████████░░░░░░░░ "
              "50 of 50 VUs\n");
    has(text, "rate       2,412/s ▄▇▁█ ");
    has(text, " failed 0.02 %: 7 × 503, 2 × timeout\n");
    has(text, "latency      p50     p99   p99.9     max   p99 ▁▁ █\n");
    has(text, "  now     1.90ms  21.7ms  88.1ms   143ms\n");
    has(text, "  in all  1.85ms  20.0ms  80.0ms   250ms\n");
    has(text, "generator 31 % of a core   pacing lag p99 80.0µs\n");
    has(text, "q: stop");
    assert_null(strstr(text, "limited"));
}

static void test_40_columns(void **unused)
{
    (void)unused;
    fill();
    const char *text = draw(40, 24, true);
    check_width(text, 40);
    has(text, "steady ████████░░░░░░ 2,000/s 41/500 VUs\n");
    has(text, "users  ████████░░░░░░ 50/50 VUs\n");
    has(text, "rate       2,412/s ▄▇▁█\n");
    has(text, "failed 0.02 %: 7 × 503, 2 × timeout\n");
    has(text, "  in all  1.85ms  20.0ms  80.0ms   250ms\n");
}

static void test_ascii(void **unused)
{
    (void)unused;
    fill();
    const char *text = draw(80, 24, false);
    check_width(text, 80);
    has(text, "load.lua > http");
    has(text, "############........ 2,000/s");
    has(text, "7 x 503");
    has(text, "p99 80.0us\n");
}

static void test_other_states(void **unused)
{
    (void)unused;
    fill();
    state.scenarios[0].n_late = 12;
    state.scenarios[1].step = LIVE_WAITS;
    state.scenarios[1].starts_in_s = 4.2;
    recent.busiest = 0.86;
    state.asking = true;
    const char *text = draw(80, 24, true);
    has(text, "  late 12\n");
    has(text, "starts in 5 s\n");
    has(text, "results limited by the generator");
    has(text, "Stop the test now?");
    fill();
    state.scenarios[0].drops = true;
    state.scenarios[0].n_dropped = 3;
    state.scenarios[1].step = LIVE_ENDS;
    state.stopping = true;
    recent.lag_p99_ms = 1.01;
    recent.latency.n = 0;
    strcpy(state.profile, "cpu profile: 403 Forbidden");
    text = draw(80, 24, true);
    has(text, "  dropped 3\n");
    has(text, "ending, 50 of 50 VUs\n");
    has(text, "stopping 00:18 / 00:30\n");
    has(text, "  now          -       -       -       -\n");
    has(text, "cpu profile: 403 Forbidden   generator 31 %");
    has(text, "results limited by the generator");
    state.n_thresholds = 3;
    state.thresholds[0] = (struct live_threshold){
        "http_req_latency p(99.9)<50  88.1ms", true, true};
    state.thresholds[1] = (struct live_threshold){
        "http_req_failed rate<0.01  0.0002", true, false};
    state.thresholds[2] =
        (struct live_threshold){"late value<1  ", false, false};
    text = draw(80, 24, true);
    has(text, "\n✗ http_req_latency p(99.9)<50  88.1ms   "
              "✓ http_req_failed rate<0.01  0.0002\n- late value<1");
    state.phase = LOAD_SETUP;
    state.n_scenarios = 0;
    has(draw(80, 24, true), "setup stopping 00:18\n");
}

/* Whatever the size, nothing is too wide or too high. */
static void test_all_sizes(void **unused)
{
    (void)unused;
    fill();
    state.n_scenarios = CONFIG_SCENARIOS_MAX;
    for (unsigned i = 2; i < CONFIG_SCENARIOS_MAX; i++)
        state.scenarios[i] = state.scenarios[i % 2];
    state.n_failures = LIVE_FAILURES_MAX;
    for (unsigned i = 2; i < LIVE_FAILURES_MAX; i++)
        state.failures[i] = state.failures[1];
    recent.n_seconds = LIVE_SECONDS_MAX;
    state.n_thresholds = LIVE_THRESHOLDS_MAX;
    for (unsigned i = 0; i < LIVE_THRESHOLDS_MAX; i++)
        memset(state.thresholds[i].text, 'x', 20 + 10 * i);
    for (unsigned columns = 1; columns < 200; columns++)
        for (unsigned rows = 0; rows < 80; rows += rows < 12 ? 1 : 7) {
            const char *text = draw(columns, rows, true);
            assert_true(check_width(text, columns) <= rows);
        }
    const char *text = draw(80, 24, true);
    assert_int_equal(check_width(text, 80), 24);
    has(text, " more scenarios\n");
}

static void test_hostile_names(void **unused)
{
    (void)unused;
    static const char *const names[] = {
        "\033[2J\033]0;x\a\r\n",
        "\xff\xfe\xc3",
        "\xc2\x9b"
        "2J",
        "\xe2\x80\xae"
        "elpa",
        "世界世界",
        "\xf4\x90\x80\x80",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        fill();
        state.scenarios[0].name = state.script = state.target = names[i];
        strcpy(state.failures[0].text, names[i]);
        for (unsigned columns = 1; columns < 100; columns++) {
            const char *text = draw(columns, 24, true);
            check_width(text, columns);
            assert_null(strstr(text, "\xc2\x9b"));
            assert_null(strstr(text, "\xe2\x80\xae"));
            draw(columns, 24, false);
        }
    }
    has(draw(80, 24, true), "????");
}

static void test_plain(void **unused)
{
    (void)unused;
    fill();
    struct buf out = BUF_INIT;
    live_block_draw_plain(&out, &state);
    assert_string_equal(
        buf_cstr(&out),
        "00:18 / 00:30   91 of 550 VUs   2,412/s   p50 1.90ms  p99 21.7ms  "
        "p99.9 88.1ms  max 143ms   failed 0.02 %: 7 × 503, 2 × timeout\n");
    buf_fini(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_80_columns), cmocka_unit_test(test_40_columns),
        cmocka_unit_test(test_ascii),      cmocka_unit_test(test_other_states),
        cmocka_unit_test(test_all_sizes),  cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
