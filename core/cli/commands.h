/* commands.h -- the subcommands, one file each. argv[0] is the subcommand's
 * name. Each returns the exit code: 0 fine, 1 failed, 2 usage (load has more).
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
