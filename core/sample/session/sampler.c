/* sampler.c -- starts everything that sampling needs, in the order in which
 * each part needs the ones before it. */
#include "sample/session/sampler.h"

#include <lua.h>
#include <pthread.h>

#include "base/log.h"
#include "sample/platform/call_info.h"
#include "sample/platform/code_map.h"
#include "sample/session/collector.h"
#include "sample/walk/cpu.h"
#include "sample/platform/fault_guard.h"
#include "sample/platform/hook_fields.h"
#include "sample/platform/loaded_objects.h"
#include "sample/hooks/native_heap.h"
#include "sample/hooks/thread_create.h"
#include "sample/hooks/vm_heap.h"
#include "sample/platform/prototype.h"
#include "sample/tables/c_names.h"
#include "sample/tables/prototypes.h"
#include "sample/session/trace.h"
#include "sample/session/wall.h"
#include "sample/walk/safepoint.h"
#include "sample/walk/sampling_thread.h"
#include "sample/walk/vm_line.h"

static void on_fork_in_child(void)
{
    safepoint_forget_thread();
    wall_forget_all();
    trace_forget_all();
}

bool sampler_init(struct err *err)
{
    struct err why = {0};
    if (!loaded_objects_init() || !fault_guard_init())
        return err_set(err, "out of memory for the sampler");
    if (!code_map_init(&why)) {
        log_write(LOG_WARN, "no_lua_frames",
                  LOG_FIELDS(log_text("reason", why.message)));
    }
    prototypes_use_allocator(vm_heap_realloc);
    if (!prototype_self_test())
        log_write(LOG_WARN, "no_function_names",
                  LOG_FIELDS(log_text("reason", "unknown Lua release"),
                             log_text("release", LUA_RELEASE)));
    c_names_init();
    if (!call_info_self_test())
        log_write(LOG_WARN, "no_lua_stacks_in_c",
                  LOG_FIELDS(log_text("reason", "unknown Lua release"),
                             log_text("release", LUA_RELEASE)));
    hook_fields_self_test();
    if (!vm_line_self_test())
        log_write(LOG_WARN, "no_exact_lines",
                  LOG_FIELDS(log_text("release", LUA_RELEASE)));
    if (!cpu_init(err) || !collector_start(err) || !sampling_thread_start(err))
        return false;
    pthread_atfork(NULL, NULL, on_fork_in_child);
    vm_heap_init();
    native_heap_start();
    thread_create_watch();
    return true;
}
