#include <stdio.h>
#include <stdlib.h>
#include <lua.h>
#include "cli/commands.h"
#include "sample/sampler.h"
#include "sample/session.h"
#include "profile/profile.h"
#include "script/state.h"
int command_run(int argc, char **argv)
{
    struct err err = {0};
    if (!sampler_init(&err) || !sampler_attach_thread(NULL, &err)) { puts(err.message); return 1; }
    lua_State *L = script_state_new(NULL, &err);
    struct session_options o = {.rate_hz = 1000};
    struct session *s = session_open(&o, &err);
    if (argc > 2) lua_pushstring(L, argv[2]);
    if (!script_run_file(L, argv[1], argc > 2, 0, &err)) puts(err.message);
    struct profile *p = session_close(s, &err);
    profile_free(p);
    script_state_free(L);
    return 0;
}
