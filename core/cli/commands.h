/* commands.h -- the subcommands of `perilune`, one file each.
 *
 * Each function gets the command line with the subcommand's name in argv[0] and
 * returns the exit code: 0 for success, EXIT_FAILED or EXIT_USAGE. `load` has
 * more codes (docs/LOAD.md). Only code in cli/ may end the process, except
 * load/load.c at the second signal.
 *
 * Path: main.c -> [commands] -> serve.c, load.c, run.c, ...
 */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#define EXIT_FAILED 1
#define EXIT_USAGE 2

int command_serve(int argc, char **argv);
int command_load(int argc, char **argv);
int command_load_compare(int argc, char **argv);
int command_convert(int argc, char **argv);
int command_exporters(int argc, char **argv);
int command_run(int argc, char **argv);
int command_version(int argc, char **argv);

#endif
