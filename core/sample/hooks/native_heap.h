/* native_heap.h -- malloc and its family, ours in place of the C library's:
 * counted and sampled for the heap profile, label heap=native.
 *
 * All memory is the C library's as ever; a block that is sampled differs from
 * none. Every call in the program comes here, those of libraries too, but for
 * the allocators that sample by themselves (vm_heap.c).
 *
 * Not in builds with a sanitizer, which brings a malloc of its own.
 *
 * Path: [native_heap] -> current_stack.c -> heap.c
 */
#ifndef SAMPLE_HOOKS_NATIVE_HEAP_H
#define SAMPLE_HOOKS_NATIVE_HEAP_H

/* Sample from now on, if heap_rate is not 0. Once, when stacks can be taken. */
void native_heap_start(void);

#endif
