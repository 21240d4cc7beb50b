/* compare_text.c -- compare_write: the comparison as a table of text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/compare.h"
#include "measure/format.h"

#define TEXT_MAX 64
#define NAME_WIDTH 30

/* The words for less and more of a row. */
struct words {
    const char *less, *more;
};

static const struct words of_rates = {"lower", "higher"};
static const struct words of_times = {"faster", "slower"};
static const struct words of_failures = {"fewer", "more"};
static const struct words of_shares = {"less", "more"};

static const char *say(enum compare_verdict verdict, const struct words *words,
                       const char *why_not)
{
    switch (verdict) {
    case COMPARE_LESS:
        return words->less;
    case COMPARE_MORE:
        return words->more;
    case COMPARE_SAME:
        return "no significant difference";
    default:
        return why_not;
    }
}

static void pad(struct buf *out, const char *text, size_t width, bool right)
{
    size_t n = format_width(text);
    for (; right && n < width; n++)
        buf_putc(out, ' ');
    buf_puts(out, text);
    for (; !right && n < width; n++)
        buf_putc(out, ' ');
}

static void put_compare_row(struct buf *out, const char *name, const char *a,
                            const char *b, const char *change,
                            const char *interval, const char *verdict)
{
    buf_puts(out, "  ");
    pad(out, name, NAME_WIDTH, false);
    pad(out, a, 12, true);
    pad(out, b, 12, true);
    pad(out, change, 12, true);
    pad(out, interval, 22, true);
    buf_printf(out, "   %s\n", verdict);
}

/* --- rate and times --------------------------------------------------------
 */

static const char *why_untested(char *out, size_t size,
                                const struct summary_file *a,
                                const struct summary_file *b, unsigned column)
{
    size_t n_a = compare_n_windows(a, column);
    size_t n_b = compare_n_windows(b, column);
    if (a->n_windows == 0 || b->n_windows == 0)
        return "not tested: a file without windows";
    snprintf(out, size, "not tested: %zu and %zu windows, %d of each needed",
             n_a, n_b, INTERVAL_LEAST);
    return out;
}

/* Appends a row. `column` is negative if the windows do not have the value. */
static void put_measure(struct buf *out, const struct summary_file *a,
                        const struct summary_file *b, const char *name,
                        double value_a, double value_b, int column,
                        const struct words *words)
{
    char text_a[TEXT_MAX], text_b[TEXT_MAX], change[TEXT_MAX] = "",
                                             range[TEXT_MAX] = "";
    char few[2 * TEXT_MAX];
    struct interval shift = {0};
    enum compare_verdict verdict = COMPARE_UNTESTED;
    const char *why = "not tested: one value";
    if (isnan(value_a) || isnan(value_b))
        return;
    bool is_rate = words == &of_rates;
    if (is_rate) {
        snprintf(text_a, sizeof text_a, "%.0f", value_a);
        snprintf(text_b, sizeof text_b, "%.0f", value_b);
    } else {
        format_time(text_a, sizeof text_a, value_a);
        format_time(text_b, sizeof text_b, value_b);
    }
    if (value_a > 0)
        snprintf(change, sizeof change, "%+.1f %%",
                 100 * (value_b / value_a - 1));
    if (column >= 0) {
        why = why_untested(few, sizeof few, a, b, (unsigned)column);
        if (!compare_windows(a, b, (unsigned)column, &shift, &verdict))
            why = "not tested: out of memory";
    }
    if (shift.is_known && value_a > 0)
        snprintf(range, sizeof range, "%+.1f to %+.1f %%",
                 100 * shift.low / value_a, 100 * shift.high / value_a);
    put_compare_row(out, name, text_a, text_b, change, range,
                    say(verdict, words, why));
}

static int find_column(const char *trend)
{
    for (int i = 0; i < WINDOW_COLUMNS; i++)
        if (strcmp(window_columns[i], trend) == 0)
            return i;
    return -1;
}

static void put_failures(struct buf *out, const struct summary_file *a,
                         const struct summary_file *b)
{
    char text_a[TEXT_MAX], text_b[TEXT_MAX], change[TEXT_MAX];
    double of_a = a->n_requests ? 100 * a->n_failed / a->n_requests : 0;
    double of_b = b->n_requests ? 100 * b->n_failed / b->n_requests : 0;
    snprintf(text_a, sizeof text_a, "%.2f %%", of_a);
    snprintf(text_b, sizeof text_b, "%.2f %%", of_b);
    snprintf(change, sizeof change, "%+.2f pts", of_b - of_a);
    put_compare_row(out, "failed", text_a, text_b, change, "",
                    say(compare_parts(a->n_failed, a->n_requests, b->n_failed,
                                      b->n_requests),
                        &of_failures, "not tested: no request"));
}

/* --- profiles ----------------------------------------------------------------
 */

/* A function of either profile. */
struct common {
    const char *name;
    double of_a, of_b; /* shares, 0 to 1 */
    double n_a, n_b;   /* samples */
};

static const struct summary_function *
find_function(const struct summary_profile *profile, const char *name)
{
    for (size_t i = 0; i < profile->n_functions; i++)
        if (strcmp(profile->functions[i].name, name) == 0)
            return &profile->functions[i];
    return NULL;
}

static double share(const struct summary_profile *profile,
                    const struct summary_function *function)
{
    return function && profile->total ? function->own / profile->total : 0;
}

static int by_greater_share(const void *a, const void *b)
{
    const struct common *x = a, *y = b;
    double of_x = fmax(x->of_a, x->of_b), of_y = fmax(y->of_a, y->of_b);
    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Lists the functions of both profiles; `list` has room for all. Returns their
 * number. */
static size_t list_common(struct common *list, const struct summary_profile *a,
                          const struct summary_profile *b)
{
    size_t n = 0;
    for (size_t i = 0; i < a->n_functions; i++)
        list[n++].name = a->functions[i].name;
    for (size_t i = 0; i < b->n_functions; i++)
        if (!find_function(a, b->functions[i].name))
            list[n++].name = b->functions[i].name;
    for (size_t i = 0; i < n; i++) {
        const struct summary_function *in_a = find_function(a, list[i].name);
        const struct summary_function *in_b = find_function(b, list[i].name);
        list[i].of_a = share(a, in_a);
        list[i].of_b = share(b, in_b);
        list[i].n_a = in_a ? in_a->n_samples : 0;
        list[i].n_b = in_b ? in_b->n_samples : 0;
    }
    qsort(list, n, sizeof *list, by_greater_share);
    return n;
}

static void put_function(struct buf *out, const struct common *function,
                         const struct summary_profile *a,
                         const struct summary_profile *b)
{
    char name[NAME_WIDTH + 1], text_a[TEXT_MAX], text_b[TEXT_MAX],
        change[TEXT_MAX];
    snprintf(name, sizeof name, "  %s", function->name);
    snprintf(text_a, sizeof text_a, "%.1f %%", 100 * function->of_a);
    snprintf(text_b, sizeof text_b, "%.1f %%", 100 * function->of_b);
    snprintf(change, sizeof change, "%+.1f pts",
             100 * (function->of_b - function->of_a));
    put_compare_row(out, name, text_a, text_b, change, "",
                    say(compare_parts(function->n_a, a->n_samples,
                                      function->n_b, b->n_samples),
                        &of_shares, "not tested: samples are not counted"));
}

static void put_functions(struct buf *out, const struct summary_profile *a,
                          const struct summary_profile *b, unsigned top)
{
    struct common *list =
        calloc(a->n_functions + b->n_functions + 1, sizeof *list);
    size_t n = list ? list_common(list, a, b) : 0;
    for (size_t i = 0; i < n && i < top; i++)
        put_function(out, &list[i], a, b);
    free(list);
}

static void put_profile_rows(struct buf *out, const char *kind,
                             const struct summary_profile *a,
                             const struct summary_profile *b, unsigned top)
{
    if (!a->is_there && !b->is_there)
        return;
    buf_printf(out, "\n  %s profile: shares of functions\n", kind);
    if (!a->is_there || !b->is_there)
        buf_printf(out, "    only %s has one\n", a->is_there ? "A" : "B");
    if (a->error)
        buf_printf(out, "    A has none: %s\n", a->error);
    if (b->error)
        buf_printf(out, "    B has none: %s\n", b->error);
    if (a->is_there && b->is_there && !a->error && !b->error)
        put_functions(out, a, b, top);
}

/* --- all of it
 * ---------------------------------------------------------------- */

static void put_file(struct buf *out, const char *letter,
                     const struct summary_file *file)
{
    buf_printf(out, "  %s  %s: %.0f requests, %zu windows\n", letter,
               file->path, file->n_requests, file->n_windows);
}

void compare_write(struct buf *out, const struct summary_file *a,
                   const struct summary_file *b, unsigned top)
{
    char interval[TEXT_MAX];
    put_file(out, "A", a);
    put_file(out, "B", b);
    buf_putc(out, '\n');
    snprintf(interval, sizeof interval, "%.0f %% INTERVAL",
             100 * COMPARE_CONFIDENCE);
    put_compare_row(out, "", "A", "B", "CHANGE", interval, "B IS");
    put_measure(out, a, b, "requests/s", a->rate, b->rate, COMPARE_RATE,
                &of_rates);
    put_failures(out, a, b);
    buf_puts(out, "  http_req_duration\n");
    for (unsigned i = 0; i < SUMMARY_FILE_TRENDS; i++) {
        char name[TEXT_MAX];
        snprintf(name, sizeof name, "  %s", summary_file_trends[i]);
        put_measure(out, a, b, name, a->trends[i], b->trends[i],
                    find_column(summary_file_trends[i]), &of_times);
    }
    for (unsigned id = 0; id < PROFILE_N_KINDS; id++)
        put_profile_rows(out, profile_kinds[id]->name, &a->profiles[id],
                         &b->profiles[id], top);
}
