/* version.c -- perilune version: prints the versions of Perilune and Lua. */
#include <lua.h>
#include <stdio.h>

#include "cli/commands.h"
#include "cli/options.h"

static const struct argp argp = {.doc = "Print the version."};

int command_version(int argc, char **argv)
{
    options_parse(&argp, argc, argv, 0, NULL);
    printf("perilune %s (%s)\n", PERILUNE_VERSION, LUA_RELEASE);
    return 0;
}
