/* main.c -- runs the subcommand that the command line names. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"convert", command_convert, "convert a profile to another format"},
    {"exporters", command_exporters, "list the export formats"},
    {"load", command_load, "put load on a server and report the results"},
    {"serve", command_serve, "serve Lua over HTTP, profiles included"},
    {"run", command_run, "run a Lua script and profile it"},
    {"version", command_version, "print the version"},
};

static const size_t n_commands = sizeof commands / sizeof *commands;

static void print_usage(FILE *out)
{
    fprintf(out, "Usage: perilune COMMAND [ARGUMENT...]\n\n"
                 "A Lua-scriptable HTTP server that you can see inside.\n\n");
    for (size_t i = 0; i < n_commands; i++)
        fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\nSee 'perilune COMMAND --help' for each command.\n");
}

static int run_command(const char *name, int argc, char **argv)
{
    for (size_t i = 0; i < n_commands; i++)
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc, argv);
    fprintf(stderr, "perilune: unknown command '%s'\n\n", name);
    print_usage(stderr);
    return EXIT_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    char *name = argv[1];
    bool is_help = strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 ||
                   strcmp(name, "-h") == 0;
    if (is_help && argc == 2) {
        print_usage(stdout);
        return 0;
    }
    if (is_help)
        return run_command(argv[2], 2, (char *[]){argv[2], "--help", NULL});
    if (strcmp(name, "--version") == 0)
        name = argv[1] = "version";
    return run_command(name, argc - 1, argv + 1);
}
