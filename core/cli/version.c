#include <lua.h>
#include <stdio.h>

#include "cli/commands.h"

int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("perilune %s (%s)\n", PERILUNE_VERSION, LUA_RELEASE);
    return 0;
}
