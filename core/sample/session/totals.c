/* totals.c -- reads the counters of collector.c and walk/thread.c. */
#include "sample/session/totals.h"

#include "sample/session/collector.h"
#include "sample/session/session_list.h"
#include "sample/walk/thread.h"

struct sample_totals sample_totals(void)
{
    struct sample_totals totals = {0};
    uint64_t counts[N_COUNTS];
    int64_t cpu_ns;
    pthread_mutex_lock(&collector_lock);
    totals.n_sessions = session_list_n();
    pthread_mutex_unlock(&collector_lock);
    collector_cost(&totals.n_reported, &cpu_ns);
    threads_sum_counts(counts);
    totals.n_taken = counts[COUNT_TAKEN];
    totals.n_ring_full = counts[COUNT_RING_FULL];
    totals.n_deferred =
        counts[COUNT_NESTED] + counts[COUNT_NO_ROOM] + counts[COUNT_LATE];
    totals.n_without_lua_stack = counts[COUNT_NO_LUA_STACK];
    totals.n_skidded = counts[COUNT_SKIDDED];
    totals.n_tail_called = counts[COUNT_TAIL_CALLED];
    totals.n_lua_truncated = counts[COUNT_LUA_TRUNCATED];
    totals.n_native_truncated = counts[COUNT_NATIVE_TRUNCATED];
    return totals;
}
