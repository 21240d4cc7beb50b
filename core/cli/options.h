/* options.h -- command lines, parsed by glibc's argp, with the environment
 * variable PERILUNE_NAME standing in for each long option --name. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

/* Parse as argp_parse does, options from the environment first, so that the
 * command line wins. argv[0] is the subcommand's name. `flags` are argp's
 * (ARGP_IN_ORDER, ...). On wrong usage: message, usage, exit 2. */
void options_parse(const struct argp *argp, int argc, char **argv,
                   unsigned flags, void *input);

/* Whole decimal numbers within [least, most]; else ends the program by
 * argp_error, naming the option, the text and the bounds. */
long options_integer(struct argp_state *state, const char *option,
                     const char *text, long least, long most);

#endif
