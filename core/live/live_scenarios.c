#include "live/live_scenarios.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "measure/format.h"

#define NAME_WIDTH 20 /* at most */
#define BAR_WIDTH 20  /* at most */
#define BAR_LEAST 8

/* The text right of the bar: a normal part and a part that is a warning. */
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

/* The widths that all scenarios share. */
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

static void draw_scenario(struct live_line *line,
                          const struct live_scenario *live,
                          const struct columns *columns)
{
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
    live_line_end(line);
}

void live_scenarios_draw(struct live_line *line, const struct live_state *state,
                         unsigned most)
{
    struct columns columns;
    unsigned width = line->style->columns;
    unsigned shown = state->n_scenarios;
    if (!fit(&columns, state, width, false, true) &&
        !fit(&columns, state, width, false, false) &&
        !fit(&columns, state, width, true, false))
        columns.bar = 0;
    if (shown > most)
        shown = most ? most - 1 : 0;
    for (unsigned i = 0; i < shown; i++)
        draw_scenario(line, &state->scenarios[i], &columns);
    if (shown < state->n_scenarios && most) {
        live_line_printf(line, LIVE_DIM, "… %u more scenarios",
                         state->n_scenarios - shown);
        live_line_end(line);
    }
}
