/* load_compare.c -- perilune load compare A.json B.json: compares two
 * summaries.
 *
 * Path: report/summary_file.c -> [load_compare] -> report/compare.c
 */
#include <stdio.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "report/compare.h"

#define DEFAULT_TOP 10
#define TOP_MAX 1000

struct arguments {
    const char *a, *b;
    unsigned top;
};

static const struct argp_option options[] = {
    {"top", 'n', "N", 0, "Number of functions shown of each profile (10)", 0},
    {0},
};

static error_t parse_compare_option(int key, char *text,
                                    struct argp_state *state)
{
    struct arguments *arguments = state->input;
    switch (key) {
    case 'n':
        arguments->top =
            (unsigned)options_integer(state, "--top", text, 1, TOP_MAX);
        return 0;
    case ARGP_KEY_ARG:
        if (arguments->b)
            argp_error(state, "two summaries expected, got '%s' too", text);
        *(arguments->a ? &arguments->b : &arguments->a) = text;
        return 0;
    case ARGP_KEY_END:
        if (!arguments->b)
            argp_error(state, "two summaries expected: A.json and B.json");
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
    .options = options,
    .parser = parse_compare_option,
    .args_doc = "A.json B.json",
    .doc =
        "Compare two load tests, by the summaries that --summary-export "
        "wrote.\v"
        "B is called faster, slower and so on only where its difference from "
        "A is more than the noise of the two runs: where the interval of the "
        "shift between their windows of a second leaves out 0. Another run may "
        "differ by more than windows tell (a neighbour on the machine, memory "
        "laid out otherwise): repeat what matters.\n\n"
        "Exit codes: 0 compared, whatever it shows; 1 a file cannot be read; "
        "2 wrong usage.",
};

int command_load_compare(int argc, char **argv)
{
    struct arguments arguments = {.top = DEFAULT_TOP};
    struct summary_file a, b = {0};
    struct buf text = BUF_INIT;
    struct err err = {""};
    static char name[] = "load compare";
    argv[0] = name;
    options_parse(&argp, argc, argv, 0, &arguments);
    bool ok = summary_file_read(&a, arguments.a, &err) &&
              summary_file_read(&b, arguments.b, &err);
    if (ok) {
        compare_write(&text, &a, &b, arguments.top);
        fwrite(text.data, 1, text.len, stdout);
    } else {
        fprintf(stderr, "perilune load compare: %s\n", err.message);
    }
    buf_fini(&text);
    summary_file_fini(&a);
    summary_file_fini(&b);
    return ok ? 0 : EXIT_FAILED;
}
