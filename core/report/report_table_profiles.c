/* report_table_profiles.c -- the target's profiles in the report's table. */
#include <lua.h>

#include "export/profile_view.h"
#include "report/report_table.h"
#include "target/profile_capture.h"

#define FUNCTIONS 15
#define ENDPOINT_FUNCTIONS 3

#define set_number report_table_set_number
#define set_text report_table_set_text
#define set_flag report_table_set_flag

static void push_functions(lua_State *L, const struct top *top, uint32_t most)
{
    lua_newtable(L);
    for (uint32_t i = 0; i < top->n && i < most; i++) {
        const struct top_entry *entry = &top->entries[i];
        lua_createtable(L, 0, 4);
        set_text(L, "name", entry->name);
        set_number(L, "own", (double)entry->own);
        set_number(L, "flat", (double)entry->flat);
        set_number(L, "cum", (double)entry->cum);
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_profile_endpoints(lua_State *L,
                                   const struct captured_profile *captured)
{
    lua_createtable(L, (int)captured->n_endpoints, 0);
    for (unsigned i = 0; i < captured->n_endpoints; i++) {
        const struct captured_endpoint *endpoint = &captured->endpoints[i];
        lua_createtable(L, 0, 3);
        set_text(L, "name", endpoint->name);
        set_number(L, "total", (double)endpoint->top.total);
        push_functions(L, &endpoint->top, ENDPOINT_FUNCTIONS);
        lua_setfield(L, -2, "functions");
        lua_rawseti(L, -2, i + 1);
    }
}

static void push_profile(lua_State *L, const struct captured_profile *captured)
{
    lua_createtable(L, 0, 11);
    set_text(L, "kind", captured->kind->name);
    set_flag(L, "is_snapshot", captured->kind->span == PROFILE_KIND_MOMENT);
    if (captured->state != CAPTURED_DONE) {
        set_text(L, "error", captured->failure);
        return;
    }
    set_flag(L, "is_in_use", captured_profile_is_in_use(captured));
    set_text(L, "type", captured->type);
    set_text(L, "unit", captured->unit);
    set_text(L, "file", captured->file);
    set_number(L, "total", (double)captured->top.total);
    push_functions(L, &captured->top, FUNCTIONS);
    lua_setfield(L, -2, "functions");
    push_profile_endpoints(L, captured);
    lua_setfield(L, -2, "endpoints");
    profile_view_push(L, captured->profile);
    lua_setfield(L, -2, "profile");
}

static void set_window(lua_State *L, const struct profile_capture *capture)
{
    int64_t begin_ns, end_ns;
    if (!profile_capture_window(capture, &begin_ns, &end_ns))
        return;
    lua_createtable(L, 0, 2);
    set_number(L, "begin", (double)begin_ns / 1e9);
    set_number(L, "seconds", (double)(end_ns - begin_ns) / 1e9);
    lua_setfield(L, -2, "window");
}

void report_table_set_profiles(lua_State *L,
                               const struct profile_capture *capture)
{
    unsigned n = profile_capture_n_profiles(capture);
    lua_createtable(L, 0, 2);
    set_window(L, capture);
    lua_createtable(L, (int)n, 0);
    for (unsigned i = 0; i < n; i++) {
        push_profile(L, profile_capture_profile(capture, i));
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "list");
    lua_setfield(L, -2, "profiles");
}
