#include "cli/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"

/* Returns "--name=value" from the variable PERILUNE_NAME, NULL if it is not
 * set. An option without an argument counts as given if its variable is neither
 * empty nor "0". */
static char *from_environment(const struct argp_option *option)
{
    char variable[96] = "PERILUNE_";
    size_t n = strlen(variable);
    for (const char *c = option->name; *c && n + 1 < sizeof variable; c++)
        variable[n++] = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    variable[n] = '\0';

    const char *value = getenv(variable);
    if (!value || (!option->arg && (!*value || strcmp(value, "0") == 0)))
        return NULL;
    char *argument;
    int length = option->arg
                     ? asprintf(&argument, "--%s=%s", option->name, value)
                     : asprintf(&argument, "--%s", option->name);
    return length < 0 ? NULL : argument;
}

static error_t parse_help(int key, char *text, struct argp_state *state)
{
    (void)text;
    if (key != 'h')
        return ARGP_ERR_UNKNOWN;
    argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
    return 0;
}

/* Adds -h to argp's own -? and --help. */
static const struct argp_option help_options[] = {
    {NULL, 'h', NULL, OPTION_HIDDEN, NULL, 0}, {0}};
static const struct argp help = {.options = help_options, .parser = parse_help};

void options_parse(const struct argp *argp, int argc, char **argv,
                   unsigned flags, void *input)
{
    size_t n_options = 0;
    while (argp->options &&
           (argp->options[n_options].name || argp->options[n_options].doc))
        n_options++;

    /* Never freed: the parsed options point into it. */
    static char **all;
    all = calloc(n_options + (size_t)argc + 1, sizeof *all);
    if (!all) {
        fprintf(stderr, "perilune: out of memory\n");
        exit(EXIT_FAILED);
    }
    static char program[64];
    snprintf(program, sizeof program, "perilune %s", argv[0]);
    int n = 0;
    all[n++] = program;
    for (size_t i = 0; i < n_options; i++) {
        char *argument =
            argp->options[i].name ? from_environment(&argp->options[i]) : NULL;
        if (argument)
            all[n++] = argument;
    }
    memcpy(all + n, argv + 1, (size_t)(argc - 1) * sizeof *all);

    const struct argp_child children[] = {{.argp = &help}, {0}};
    struct argp with_help = *argp;
    with_help.children = children;
    argp_err_exit_status = EXIT_USAGE;
    argp_parse(&with_help, n + argc - 1, all, flags, NULL, input);
}

long options_integer(struct argp_state *state, const char *option,
                     const char *text, long least, long most)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < least || value > most)
        argp_error(state, "%s must be a whole number from %ld to %ld, got '%s'",
                   option, least, most, text);
    return value;
}
