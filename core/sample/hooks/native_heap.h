/* native_heap.h -- samples the blocks of malloc for the heap profile, under the
 * label heap=native.
 *
 * native_heap.c defines malloc, free and their relatives in front of the C
 * library's, for every caller in the process, libraries included. The memory
 * is the C library's, and a sampled block looks like any other block, so free
 * asks native_blocks.h whether a block is sampled. Allocators that sample by
 * themselves (vm_heap.c) call the C library directly (base/libc_malloc.h).
 *
 * A sanitizer has a malloc of its own, so builds with a sanitizer do not sample
 * native blocks.
 *
 * Path: [native_heap] -> current_stack.c -> heap.c, native_blocks.c
 */
#ifndef SAMPLE_HOOKS_NATIVE_HEAP_H
#define SAMPLE_HOOKS_NATIVE_HEAP_H

/* Starts sampling, unless heap_rate() is 0. Called once, by sampler_init, when
 * stacks can be taken. */
void native_heap_start(void);

#endif
