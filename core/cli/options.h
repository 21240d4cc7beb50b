/* options.h -- parses command lines with glibc's argp. The environment variable
 * PERILUNE_NAME has the effect of the long option --name.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

/* Parses as argp_parse does. Options from the environment come first, so the
 * command line overrides them. argv[0] is the subcommand's name. `flags` are
 * argp's (ARGP_IN_ORDER, ...). Wrong usage ends the program with a message, the
 * usage and exit code 2. */
void options_parse(const struct argp *argp, int argc, char **argv,
                   unsigned flags, void *input);

/* Returns the whole decimal number in `text`. If it is not one, or not within
 * [least, most], ends the program by argp_error with a message that names the
 * option, the text and the bounds. */
long options_integer(struct argp_state *state, const char *option,
                     const char *text, long least, long most);

#endif
