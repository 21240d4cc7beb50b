#include "load/live_block.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "load/format.h"

#define LABEL_WIDTH 9 /* of the rows below the scenarios */
#define NAME_WIDTH 20 /* of a scenario, at most */
#define BAR_WIDTH 20  /* at most */
#define BAR_LEAST 8
#define COLUMN_WIDTH 8 /* of a latency */
#define FEW_COLUMNS 60 /* less than this: what can be short is */

struct block {
    struct live_line line;
    unsigned n_lines;
    unsigned gap; /* between items of a flow */
};

static void end_line(struct block *block)
{
    /* At a full line the cursor is still on its last column. */
    if (live_line_room(&block->line) > 0)
        buf_puts(block->line.out, "\033[K");
    buf_putc(block->line.out, '\n');
    block->line.used = 0;
    block->n_lines++;
}

static const char *format_clock(char *out, size_t size, double seconds)
{
    unsigned s = (unsigned)fmax(seconds, 0);
    if (s < 3600)
        snprintf(out, size, "%02u:%02u", s / 60, s % 60);
    else
        snprintf(out, size, "%u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
    return out;
}

static double percent(uint64_t part, uint64_t all)
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

static void draw_title(struct block *block, const struct live_state *state)
{
    char title[512], time[64];
    describe_time(time, sizeof time, state);
    snprintf(title, sizeof title, "%s%s%s", state->script ? state->script : "",
             state->script && state->target ? " → " : "",
             state->target ? state->target : "");
    int room = (int)block->line.style->columns - (int)strlen(time) - 1;
    live_line_field(&block->line, LIVE_BOLD, room > 0 ? room : 0, title);
    live_line_put(&block->line, LIVE_PLAIN, " ");
    live_line_put(&block->line, state->stopping ? LIVE_YELLOW : LIVE_PLAIN,
                  time);
    end_line(block);
}

/* --- a line per scenario ------------------------------------------------- */

/* What is right of the bar, in two parts: what is normal, and what is not. */
struct tail {
    char text[96], late[48];
    bool is_late;
};

static void describe_step(struct tail *tail, const struct live_scenario *live,
                          bool brief)
{
    char rate[32] = "";
    const char *of = brief ? "/" : " of ";
    if (live->is_open && live->step == LIVE_RUNS) {
        format_count(rate, sizeof rate, round(live->rate));
        strcat(rate, "/s ");
    }
    if (live->step == LIVE_WAITS)
        snprintf(tail->text, sizeof tail->text, "starts in %.0f s",
                 ceil(live->starts_in_s));
    else if (live->step == LIVE_IS_DONE)
        snprintf(tail->text, sizeof tail->text, "done");
    else
        snprintf(tail->text, sizeof tail->text, "%s%s%u%s%u VUs",
                 live->step == LIVE_ENDS ? "ending, " : "", rate,
                 live->n_active, of, live->n_vus);
}

static void describe_tail(struct tail *tail, const struct live_scenario *live,
                          bool brief)
{
    uint64_t n = live->drops ? live->n_dropped : live->n_late;
    describe_step(tail, live, brief);
    tail->late[0] = '\0';
    tail->is_late = n > 0;
    bool begins = live->step == LIVE_RUNS || live->step == LIVE_ENDS;
    if (live->is_open && (n > 0 || (begins && !brief)))
        snprintf(tail->late, sizeof tail->late, "%s%s %llu",
                 tail->text[0] ? "  " : "", live->drops ? "dropped" : "late",
                 (unsigned long long)n);
}

/* Columns that all scenarios share. */
struct columns {
    unsigned name, executor, bar;
    bool brief;
};

static unsigned greater(unsigned a, unsigned b) { return a > b ? a : b; }

static bool fit(struct columns *columns, const struct live_state *state,
                unsigned width, bool brief, bool with_executor)
{
    unsigned tail_width = 0;
    *columns = (struct columns){.brief = brief};
    for (unsigned i = 0; i < state->n_scenarios; i++) {
        const struct live_scenario *live = &state->scenarios[i];
        struct tail tail;
        describe_tail(&tail, live, brief);
        columns->name = greater(columns->name, live_line_width(live->name));
        columns->executor =
            greater(columns->executor, live_line_width(live->executor));
        tail_width = greater(tail_width, live_line_width(tail.text) +
                                             live_line_width(tail.late));
    }
    unsigned name_most = brief ? NAME_WIDTH / 2 : NAME_WIDTH;
    if (columns->name > name_most)
        columns->name = name_most;
    if (!with_executor)
        columns->executor = 0;
    unsigned used = columns->name + 1 + tail_width + 1 +
                    (columns->executor ? columns->executor + 1 : 0);
    columns->bar = width > used ? width - used : 0;
    if (columns->bar > BAR_WIDTH)
        columns->bar = BAR_WIDTH;
    return columns->bar >= BAR_LEAST;
}

static void draw_scenario(struct block *block, const struct live_scenario *live,
                          const struct columns *columns)
{
    struct live_line *line = &block->line;
    struct tail tail;
    describe_tail(&tail, live, columns->brief);
    live_line_field(line, LIVE_PLAIN, (int)columns->name, live->name);
    live_line_put(line, LIVE_PLAIN, " ");
    if (columns->executor) {
        live_line_field(line, LIVE_DIM, (int)columns->executor, live->executor);
        live_line_put(line, LIVE_PLAIN, " ");
    }
    if (columns->bar) {
        live_line_bar(line, live->progress, columns->bar);
        live_line_put(line, LIVE_PLAIN, " ");
    }
    bool rests = live->step == LIVE_WAITS || live->step == LIVE_IS_DONE;
    live_line_put(line, rests ? LIVE_DIM : LIVE_PLAIN, tail.text);
    live_line_put(line, tail.is_late ? LIVE_YELLOW : LIVE_DIM, tail.late);
    end_line(block);
}

static void draw_scenarios(struct block *block, const struct live_state *state,
                           unsigned most)
{
    struct columns columns;
    unsigned width = block->line.style->columns;
    unsigned shown = state->n_scenarios;
    if (!fit(&columns, state, width, false, true) &&
        !fit(&columns, state, width, false, false) &&
        !fit(&columns, state, width, true, false))
        columns.bar = 0;
    if (shown > most)
        shown = most ? most - 1 : 0;
    for (unsigned i = 0; i < shown; i++)
        draw_scenario(block, &state->scenarios[i], &columns);
    if (shown < state->n_scenarios && most) {
        live_line_printf(&block->line, LIVE_DIM, "… %u more scenarios",
                         state->n_scenarios - shown);
        end_line(block);
    }
}

/* --- items that follow one another, on as many lines as they need -------- */

static void flow(struct block *block, enum live_colour colour,
                 const char *format, ...) __attribute__((format(printf, 3, 4)));

static void flow(struct block *block, enum live_colour colour,
                 const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    unsigned width = live_line_width(text);
    if (block->line.used > 0 &&
        width + block->gap > live_line_room(&block->line))
        end_line(block);
    if (block->line.used > 0)
        live_line_tab(&block->line, block->line.used + block->gap);
    unsigned room = live_line_room(&block->line);
    live_line_field(&block->line, colour, (int)(width < room ? width : room),
                    text);
}

static void end_flow(struct block *block)
{
    if (block->line.used > 0)
        end_line(block);
}

/* --- rate, failures, latency --------------------------------------------- */

/* "0.02 % (9: 7 × 503, 2 × timeout)", as much as fits. */
static void describe_failures(char *out, size_t size, unsigned columns,
                              const struct live_state *state)
{
    size_t used = (size_t)snprintf(out, size, "failed %.2f %%%s",
                                   percent(state->n_failed, state->n_requests),
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

static void draw_rate(struct block *block, const struct live_state *state)
{
    const struct live_recent *recent = state->recent;
    struct live_line *line = &block->line;
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
        end_line(block);
        return;
    }
    if (beside)
        live_line_tab(line, from + spark + 3);
    else
        end_line(block);
    live_line_put(line, state->n_failed ? LIVE_RED : LIVE_PLAIN, failures);
    end_line(block);
}

static void draw_latency(struct block *block, const char *label,
                         const struct live_latency *latency)
{
    const double values[] = {latency->p50, latency->p99, latency->p999,
                             latency->greatest};
    live_line_field(&block->line, LIVE_DIM, LABEL_WIDTH - 1, label);
    for (unsigned i = 0; i < 4; i++) {
        char text[32];
        format_time_brief(text, sizeof text, values[i]);
        live_line_field(&block->line, LIVE_PLAIN, -COLUMN_WIDTH,
                        latency->n ? text : "-");
    }
    end_line(block);
}

static void draw_latencies(struct block *block, const struct live_state *state)
{
    static const char *const names[] = {"p50", "p99", "p99.9", "max"};
    struct live_line *line = &block->line;
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
    end_line(block);
    draw_latency(block, "  now", &recent->latency);
    draw_latency(block, "  in all", &state->latency);
}

/* --- the last lines ------------------------------------------------------ */

static void draw_checks(struct block *block, const struct live_state *state)
{
    if (state->n_checks)
        flow(
            block, state->n_checks_failed ? LIVE_RED : LIVE_PLAIN,
            "checks %.2f %%",
            percent(state->n_checks - state->n_checks_failed, state->n_checks));
    if (state->n_script_errors)
        flow(block, LIVE_RED, "script errors %llu",
             (unsigned long long)state->n_script_errors);
}

static void draw_generator(struct block *block, const struct live_state *state)
{
    const struct live_recent *recent = state->recent;
    bool limited = live_state_is_limited(recent);
    enum live_colour colour = limited ? LIVE_RED : LIVE_PLAIN;
    char lag[32];
    if (state->profile[0])
        flow(block, LIVE_PLAIN, "%s", state->profile);
    flow(block, colour, "generator %.0f %% of a core", 100 * recent->cores);
    if (recent->n_lags)
        flow(block, colour, "pacing lag p99 %s",
             format_time_brief(lag, sizeof lag, recent->lag_p99_ms));
    if (limited)
        flow(block, LIVE_RED, "results limited by the generator");
    end_flow(block);
}

static void draw_keys(struct block *block, const struct live_state *state)
{
    if (state->asking)
        live_line_put(&block->line, LIVE_BOLD,
                      "Stop the test now? y: yes, other keys: no");
    else if (state->stopping)
        live_line_put(&block->line, LIVE_YELLOW,
                      "iterations that run may end; Ctrl-C: at once");
    else if (state->has_keys)
        live_line_put(&block->line, LIVE_DIM, "q: stop and print the summary");
    if (block->line.used > 0)
        end_line(block);
}

/* Lines that there are beside the scenarios', as they come out. */
static void draw_below(struct block *block, const struct live_state *state)
{
    if (state->phase != LOAD_SETUP) {
        draw_rate(block, state);
        draw_latencies(block, state);
        draw_checks(block, state);
        draw_generator(block, state);
    }
    draw_keys(block, state);
}

void live_block_draw(struct buf *out, const struct live_state *state,
                     const struct live_style *style)
{
    struct buf below = BUF_INIT;
    struct block block = {.line = {&below, style, 0}, .gap = 3};
    draw_below(&block, state);
    unsigned n_below = block.n_lines;
    block.line.out = out;
    block.n_lines = 0;
    if (style->rows > 0)
        draw_title(&block, state);
    unsigned n_other = n_below + block.n_lines;
    draw_scenarios(&block, state,
                   style->rows > n_other ? style->rows - n_other : 0);
    const char *at = below.data, *end = below.data + below.len;
    for (; at < end && block.n_lines < style->rows; block.n_lines++) {
        const char *next = (const char *)memchr(at, '\n', (size_t)(end - at));
        buf_append(out, at, (size_t)(next + 1 - at));
        at = next + 1;
    }
    buf_fini(&below);
}

/* --- without a terminal -------------------------------------------------- */

void live_block_draw_plain(struct buf *out, const struct live_state *state)
{
    const struct live_style style = {512, 1, true, false};
    struct block block = {.line = {out, &style, 0}, .gap = 2};
    const struct live_recent *recent = state->recent;
    const struct live_latency *now = &recent->latency;
    char text[512], p50[32], p99[32], p999[32], greatest[32];
    unsigned n_active = 0, n_vus = 0;
    uint64_t n_late = 0, n_dropped = 0;
    describe_time(text, sizeof text, state);
    flow(&block, LIVE_PLAIN, "%s", text);
    for (unsigned i = 0; i < state->n_scenarios; i++) {
        n_active += state->scenarios[i].n_active;
        n_vus += state->scenarios[i].n_vus;
        n_late += state->scenarios[i].n_late;
        n_dropped += state->scenarios[i].n_dropped;
    }
    if (state->phase != LOAD_SETUP) {
        flow(&block, LIVE_PLAIN, "%u of %u VUs", n_active, n_vus);
        flow(&block, LIVE_PLAIN, "%s%s/s",
             format_count(text, sizeof text, round(recent->rate)),
             recent->are_iterations ? " iterations" : "");
    }
    if (n_late)
        flow(&block, LIVE_PLAIN, "late %llu", (unsigned long long)n_late);
    if (n_dropped)
        flow(&block, LIVE_PLAIN, "dropped %llu", (unsigned long long)n_dropped);
    if (now->n)
        flow(&block, LIVE_PLAIN, "p50 %s  p99 %s  p99.9 %s  max %s",
             format_time_brief(p50, sizeof p50, now->p50),
             format_time_brief(p99, sizeof p99, now->p99),
             format_time_brief(p999, sizeof p999, now->p999),
             format_time_brief(greatest, sizeof greatest, now->greatest));
    if (state->n_requests) {
        describe_failures(text, sizeof text, 200, state);
        flow(&block, LIVE_PLAIN, "%s", text);
    }
    if (state->phase == LOAD_SCENARIOS && live_state_is_limited(recent))
        flow(&block, LIVE_PLAIN, "results limited by the generator");
    buf_putc(out, '\n');
}
