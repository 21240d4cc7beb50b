/* run.c -- perilune run SCRIPT.lua [ARGUMENT...] */
#include <stdio.h>

#include "cli/commands.h"

int command_run(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return EXIT_FAILED;
}
