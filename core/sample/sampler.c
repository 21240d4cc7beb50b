/* sampler.c -- starts everything that sampling needs. */
#include "sample/sampler.h"

#include <lua.h>

#include "base/log.h"
#include "sample/code_map.h"
#include "sample/collector.h"
#include "sample/cpu.h"
#include "sample/fault_guard.h"
#include "sample/loaded_objects.h"
#include "sample/native_heap.h"
#include "sample/quiet.h"
#include "sample/vm_line.h"
#include "sample/vm_stack.h"

bool sampler_init(struct err *err)
{
    struct err why = {0};
    if (!loaded_objects_init() || !fault_guard_init())
        return err_set(err, "out of memory for the sampler");
    if (!code_map_init(&why)) {
        log_write(LOG_WARN, "no_lua_frames",
                  LOG_FIELDS(log_text("reason", why.message)));
    }
    if (!vm_stack_self_test())
        log_write(LOG_WARN, "no_lua_stacks_in_c",
                  LOG_FIELDS(log_text("reason", "unknown Lua release"),
                             log_text("release", LUA_RELEASE)));
    if (!vm_line_self_test())
        log_write(LOG_WARN, "no_exact_lines",
                  LOG_FIELDS(log_text("release", LUA_RELEASE)));
    if (!cpu_init(err) || !collector_start(err))
        return false;
    quiet_init();
    native_heap_start();
    return true;
}
