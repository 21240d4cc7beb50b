#include "load/target_profiles.h"

#include "load/load.h"

static const char *get_target(void *ctx)
{
    const struct target_profiles *profiles = ctx;
    return first_target_get(&profiles->target);
}

static void take_window_counts(void *ctx, struct window_counts *counts)
{
    struct target_profiles *profiles = ctx;
    load_snapshot(profiles->load, counts);
}

static uint64_t count_requests(void *ctx)
{
    struct window_counts counts;
    take_window_counts(ctx, &counts);
    return counts.n_requests;
}

static void on_over(void *ctx)
{
    struct target_profiles *profiles = ctx;
    if (profiles->awaiting)
        uv_stop(&profiles->load->loop);
}

bool target_profiles_open(struct target_profiles *profiles, struct load *load,
                          struct err *err)
{
    const struct config *config = load->config;
    const struct profile_options *options = &config->profile;
    profiles->load = load;
    profiles->capture_env = (struct profile_capture_env){
        .target = get_target,
        .n_requests = count_requests,
        .over = on_over,
        .skip_verify = config->skip_tls_verify,
        .ctx = profiles,
    };
    profiles->overhead_env = (struct profile_overhead_env){
        .target = get_target,
        .snapshot = take_window_counts,
        .skip_verify = config->skip_tls_verify,
        .ctx = profiles,
    };
    if (options->overhead)
        profiles->overhead = profile_overhead_new(&load->loop, options->url,
                                                  &profiles->overhead_env,
                                                  &profile_overhead_times, err);
    else if (profile_options_any(options))
        profiles->capture = profile_capture_new(
            &load->loop, options, &profiles->capture_env, config->out_dir, err);
    else
        return true;
    return profiles->overhead || profiles->capture;
}

void target_profiles_start(struct target_profiles *profiles)
{
    if (profiles->capture)
        profile_capture_start(profiles->capture);
    if (profiles->overhead)
        profile_overhead_start(profiles->overhead);
}

void target_profiles_await(struct target_profiles *profiles)
{
    if (profiles->overhead)
        profile_overhead_load_ended(profiles->overhead);
    if (!profiles->capture)
        return;
    profile_capture_load_ended(profiles->capture);
    profiles->awaiting = true;
    if (!profile_capture_is_over(profiles->capture))
        uv_run(&profiles->load->loop, UV_RUN_DEFAULT);
}

void target_profiles_stop(struct target_profiles *profiles)
{
    if (profiles->awaiting)
        profile_capture_stop(profiles->capture);
}

void target_profiles_close(struct target_profiles *profiles)
{
    profile_capture_close(profiles->capture);
    profile_overhead_close(profiles->overhead);
}

void target_profiles_fini(struct target_profiles *profiles)
{
    profile_capture_free(profiles->capture);
    profile_overhead_free(profiles->overhead);
}
