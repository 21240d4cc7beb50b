#include "live/live_block.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/format.h"
#include "live/live_scenarios.h"

#define LABEL_WIDTH 9 /* columns of the label of a row below the scenarios */
#define BAR_LEAST 8
#define COLUMN_WIDTH 8 /* columns of a latency */
#define FEW_COLUMNS 60 /* with fewer columns, short forms are used */

static const char *format_clock(char *out, size_t size, double seconds)
{
    unsigned s = (unsigned)fmax(seconds, 0);
    if (s < 3600)
        snprintf(out, size, "%02u:%02u", s / 60, s % 60);
    else
        snprintf(out, size, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    return out;
}

static double draw_percent(uint64_t part, uint64_t all)
{
    return all ? 100.0 * (double)part / (double)all : 0;
}

/* --- the first line ------------------------------------------------------ */

static void describe_time(char *out, size_t size,
                          const struct live_state *state)
{
    static const char *const phases[] = {[LOAD_SETUP] = "setup ",
                                         [LOAD_SCENARIOS] = "",
                                         [LOAD_TEARDOWN] = "teardown "};
    char elapsed[16], planned[16];
    format_clock(elapsed, sizeof elapsed, state->elapsed_s);
    format_clock(planned, sizeof planned, state->planned_s);
    bool ends = state->planned_s > 0 && state->phase == LOAD_SCENARIOS;
    snprintf(out, size, "%s%s%s%s%s", phases[state->phase],
             state->stopping ? "stopping " : "", elapsed, ends ? " / " : "",
             ends ? planned : "");
}

static void draw_title(struct live_line *line, const struct live_state *state)
{
    char title[512], time[64];
    describe_time(time, sizeof time, state);
    snprintf(title, sizeof title, "%s%s%s", state->script ? state->script : "",
             state->script && state->target ? " → " : "",
             state->target ? state->target : "");
    int room = (int)line->style->columns - (int)strlen(time) - 1;
    live_line_field(line, LIVE_BOLD, room > 0 ? room : 0, title);
    live_line_put(line, LIVE_PLAIN, " ");
    live_line_put(line, state->stopping ? LIVE_YELLOW : LIVE_PLAIN, time);
    live_line_end(line);
}

/* --- rate, failures, latency --------------------------------------------- */

/* Writes "0.02 % (9: 7 × 503, 2 × timeout)", as much as fits. */
static void describe_failures(char *out, size_t size, unsigned columns,
                              const struct live_state *state)
{
    size_t used =
        (size_t)snprintf(out, size, "failed %.2f %%%s",
                         draw_percent(state->n_failed, state->n_requests),
                         state->n_failed ? ":" : "");
    for (unsigned i = 0; i < state->n_failures && state->n_failed; i++) {
        char part[96], count[32];
        format_count(count, sizeof count, (double)state->failures[i].n);
        int n = snprintf(part, sizeof part, "%s%s × %s", i ? ", " : " ", count,
                         state->failures[i].text);
        bool is_last = i + 1 == state->n_failures;
        if (used + (size_t)n >= size ||
            live_line_width(out) + live_line_width(part) + (is_last ? 0 : 3) >
                columns) {
            used +=
                (size_t)snprintf(out + used, size - used, "%s", i ? ", …" : "");
            break;
        }
        strcpy(out + used, part);
        used += (size_t)n;
    }
}

static void draw_rate(struct live_line *line, const struct live_state *state)
{
    const struct live_recent *recent = state->recent;
    char count[32], failures[512];
    unsigned columns = line->style->columns;
    live_line_field(line, LIVE_DIM, LABEL_WIDTH, "rate");
    format_count(count, sizeof count, round(recent->rate));
    live_line_field(line, LIVE_BOLD, -7, count);
    live_line_put(line, LIVE_PLAIN,
                  recent->are_iterations ? " iterations/s " : "/s ");
    describe_failures(failures, sizeof failures, columns, state);
    unsigned width = live_line_width(failures) + 3;
    bool beside =
        columns >= FEW_COLUMNS && line->used + width + LABEL_WIDTH <= columns;
    unsigned room = live_line_room(line);
    unsigned spark = beside ? room - width : room;
    if (spark > LIVE_SECONDS_MAX / 2)
        spark = LIVE_SECONDS_MAX / 2;
    unsigned from = line->used;
    live_line_sparkline(line, recent->rates, recent->n_seconds, spark);
    if (state->n_requests == 0) {
        live_line_end(line);
        return;
    }
    if (beside)
        live_line_tab(line, from + spark + 3);
    else
        live_line_end(line);
    live_line_put(line, state->n_failed ? LIVE_RED : LIVE_PLAIN, failures);
    live_line_end(line);
}

static void draw_latency(struct live_line *line, const char *label,
                         const struct live_latency *latency)
{
    const double values[] = {latency->p50, latency->p99, latency->p999,
                             latency->greatest};
    live_line_field(line, LIVE_DIM, LABEL_WIDTH - 1, label);
    for (unsigned i = 0; i < 4; i++) {
        char text[32];
        format_time_brief(text, sizeof text, values[i]);
        live_line_field(line, LIVE_PLAIN, -COLUMN_WIDTH,
                        latency->n ? text : "-");
    }
    live_line_end(line);
}

static void draw_latencies(struct live_line *line,
                           const struct live_state *state)
{
    static const char *const names[] = {"p50", "p99", "p99.9", "max"};
    const struct live_recent *recent = state->recent;
    if (state->latency.n == 0)
        return;
    live_line_field(line, LIVE_DIM, LABEL_WIDTH - 1, "latency");
    for (unsigned i = 0; i < 4; i++)
        live_line_field(line, LIVE_DIM, -COLUMN_WIDTH, names[i]);
    if (live_line_room(line) > 3 + 4 + BAR_LEAST) {
        live_line_put(line, LIVE_DIM, "   p99 ");
        unsigned room = live_line_room(line);
        live_line_sparkline(line, recent->p99s, recent->n_seconds,
                            room < LIVE_SECONDS_MAX / 2 ? room
                                                        : LIVE_SECONDS_MAX / 2);
    }
    live_line_end(line);
    draw_latency(line, "  now", &recent->latency);
    draw_latency(line, "  in all", &state->latency);
}

/* --- the last lines ------------------------------------------------------ */

static void draw_checks(struct live_line *line, const struct live_state *state)
{
    if (state->n_checks)
        live_line_flow(line, state->n_checks_failed ? LIVE_RED : LIVE_PLAIN,
                       "checks %.2f %%",
                       draw_percent(state->n_checks - state->n_checks_failed,
                                    state->n_checks));
    if (state->n_script_errors)
        live_line_flow(line, LIVE_RED, "script errors %llu",
                       (unsigned long long)state->n_script_errors);
}

static void draw_threshold(struct live_line *line,
                           const struct live_threshold *live)
{
    enum live_colour colour = live->failed   ? LIVE_RED
                              : live->judged ? LIVE_GREEN
                                             : LIVE_DIM;
    const char *sign = live->failed ? "✗" : live->judged ? "✓" : "-";
    live_line_flow(line, colour, "%s %s", sign, live->text);
}

/* Draws thresholds on a quarter of the lines, at least three; failed ones
 * first. */
static void draw_thresholds(struct live_line *line,
                            const struct live_state *state)
{
    unsigned quarter = line->style->rows / 4;
    unsigned end = line->n_ended + (quarter > 3 ? quarter : 3);
    unsigned i = 0;
    for (; i < state->n_thresholds && line->n_ended + 2 < end; i++)
        draw_threshold(line, &state->thresholds[i]);
    if (i < state->n_thresholds)
        live_line_flow(line, LIVE_DIM, "… %u more", state->n_thresholds - i);
    live_line_end_flow(line);
}

static void draw_generator(struct live_line *line,
                           const struct live_state *state)
{
    const struct live_recent *recent = state->recent;
    bool limited = live_state_is_limited(recent);
    enum live_colour colour = limited ? LIVE_RED : LIVE_PLAIN;
    char lag[32];
    if (state->profile[0])
        live_line_flow(line, LIVE_PLAIN, "%s", state->profile);
    live_line_flow(line, colour, "generator %.0f %% of a core",
                   100 * recent->cores);
    if (recent->n_lags)
        live_line_flow(line, colour, "pacing lag p99 %s",
                       format_time_brief(lag, sizeof lag, recent->lag_p99_ms));
    if (limited)
        live_line_flow(line, LIVE_RED, "results limited by the generator");
    live_line_end_flow(line);
}

static void draw_keys(struct live_line *line, const struct live_state *state)
{
    if (state->asking)
        live_line_put(line, LIVE_BOLD,
                      "Stop the test now? y: yes, other keys: no");
    else if (state->stopping)
        live_line_put(line, LIVE_YELLOW,
                      "iterations that run may end; Ctrl-C: at once");
    else if (state->has_keys)
        live_line_put(line, LIVE_DIM, "q: stop and print the summary");
    if (line->used > 0)
        live_line_end(line);
}

/* Draws the lines below the scenarios. */
static void draw_below(struct live_line *line, const struct live_state *state)
{
    if (state->phase != LOAD_SETUP) {
        draw_rate(line, state);
        draw_latencies(line, state);
        draw_thresholds(line, state);
        draw_checks(line, state);
        draw_generator(line, state);
    }
    draw_keys(line, state);
}

void live_block_draw(struct buf *out, const struct live_state *state,
                     const struct live_style *style)
{
    struct buf below = BUF_INIT;
    struct live_line rest = {.out = &below, .style = style};
    struct live_line line = {.out = out, .style = style};
    draw_below(&rest, state);
    if (style->rows > 0)
        draw_title(&line, state);
    unsigned n_other = line.n_ended + rest.n_ended;
    live_scenarios_draw(&line, state,
                        style->rows > n_other ? style->rows - n_other : 0);
    const char *at = below.data, *end = below.data + below.len;
    for (; at < end && line.n_ended < style->rows; line.n_ended++) {
        const char *next = (const char *)memchr(at, '\n', (size_t)(end - at));
        buf_append(out, at, (size_t)(next + 1 - at));
        at = next + 1;
    }
    buf_fini(&below);
}

/* --- without a terminal -------------------------------------------------- */

static void put_plain_scenarios(struct live_line *line,
                                const struct live_state *state)
{
    unsigned n_active = 0, n_vus = 0;
    uint64_t n_late = 0, n_dropped = 0;
    char text[32];
    for (unsigned i = 0; i < state->n_scenarios; i++) {
        n_active += state->scenarios[i].n_active;
        n_vus += state->scenarios[i].n_vus;
        n_late += state->scenarios[i].n_late;
        n_dropped += state->scenarios[i].n_dropped;
    }
    live_line_flow(line, LIVE_PLAIN, "%u of %u VUs", n_active, n_vus);
    live_line_flow(line, LIVE_PLAIN, "%s%s/s",
                   format_count(text, sizeof text, round(state->recent->rate)),
                   state->recent->are_iterations ? " iterations" : "");
    if (n_late)
        live_line_flow(line, LIVE_PLAIN, "late %llu",
                       (unsigned long long)n_late);
    if (n_dropped)
        live_line_flow(line, LIVE_PLAIN, "dropped %llu",
                       (unsigned long long)n_dropped);
}

static void put_plain_latency(struct live_line *line,
                              const struct live_latency *now)
{
    char p50[32], p99[32], p999[32], greatest[32];
    live_line_flow(line, LIVE_PLAIN, "p50 %s  p99 %s  p99.9 %s  max %s",
                   format_time_brief(p50, sizeof p50, now->p50),
                   format_time_brief(p99, sizeof p99, now->p99),
                   format_time_brief(p999, sizeof p999, now->p999),
                   format_time_brief(greatest, sizeof greatest, now->greatest));
}

void live_block_draw_plain(struct buf *out, const struct live_state *state)
{
    const struct live_style style = {UINT_MAX / 2, 1, true, false};
    struct live_line line = {.out = out, .style = &style};
    char text[512];
    describe_time(text, sizeof text, state);
    live_line_flow(&line, LIVE_PLAIN, "%s", text);
    if (state->phase != LOAD_SETUP)
        put_plain_scenarios(&line, state);
    if (state->recent->latency.n)
        put_plain_latency(&line, &state->recent->latency);
    if (state->n_requests) {
        describe_failures(text, sizeof text, 200, state);
        live_line_flow(&line, LIVE_PLAIN, "%s", text);
    }
    if (state->profile[0])
        live_line_flow(&line, LIVE_PLAIN, "%s", state->profile);
    for (unsigned i = 0; i < state->n_thresholds; i++)
        if (state->thresholds[i].failed)
            live_line_flow(&line, LIVE_PLAIN, "✗ %s",
                           state->thresholds[i].text);
    if (state->phase == LOAD_SCENARIOS && live_state_is_limited(state->recent))
        live_line_flow(&line, LIVE_PLAIN, "results limited by the generator");
    buf_putc(out, '\n');
}
