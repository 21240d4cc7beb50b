// throws.cc: a C++ module for guest_spec.lua and bench/exceptions.sh that throws
// and catches exceptions, and tells which library has a function.
#include <dlfcn.h>
#include <lua.hpp>
#include <stdexcept>

__attribute__((noinline)) static int fail_at(int depth)
{
    if (depth == 0)
        throw std::runtime_error("failed");
    return 1 + fail_at(depth - 1);
}

// throws(n, depth): throws n times through `depth` frames, returns how often it
// caught the exception.
static int throws(lua_State *L)
{
    lua_Integer n = luaL_checkinteger(L, 1);
    int depth = static_cast<int>(luaL_checkinteger(L, 2));
    lua_Integer caught = 0;
    for (lua_Integer i = 0; i < n; i++) {
        try {
            fail_at(depth);
        } catch (const std::runtime_error &) {
            caught++;
        }
    }
    lua_pushinteger(L, caught);
    return 1;
}

// through(f): resumes a new coroutine with f, which may call raise; returns the
// text of the exception that left it. The coroutine is not used again.
static int through(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    int n;
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    try {
        lua_resume(co, L, 0, &n);
    } catch (const std::runtime_error &e) {
        lua_pushstring(L, e.what());
        return 1;
    }
    return 0;
}

static int raise_error(lua_State *)
{
    throw std::runtime_error("passed Lua");
}

// library_of(name): the file of the library to which the name is bound.
static int library_of(lua_State *L)
{
    Dl_info info;
    void *address = dlsym(RTLD_DEFAULT, luaL_checkstring(L, 1));
    lua_pushstring(L, address && dladdr(address, &info) ? info.dli_fname : "");
    return 1;
}

extern "C" int luaopen_throws(lua_State *L)
{
    static const luaL_Reg functions[] = {{"throws", throws},
                                         {"through", through},
                                         {"raise", raise_error},
                                         {"library_of", library_of},
                                         {nullptr, nullptr}};
    luaL_newlib(L, functions);
    return 1;
}
