# Thin: what happens stands in tools/, CMakePresets.json and examples/demo.
SHELL := /bin/bash
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
VENV := build/venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help demo build test test-slow test-all test-asan test-tsan test-qemu test-planted zoo conformance fuzz bench bench-peers bench-arm bench-preprocess bench-station lint format

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

demo:  ## set up, build, and show a face detector at work on a live page
	tools/setup demo
	$(MAKE) --no-print-directory build
	examples/demo/run

build:  ## set up, and leave the programs in build/bin
	tools/setup build
	cmake --preset release
	cmake --build --preset release -j $(JOBS)

test:  ## set up, and run the fast tests
	tools/setup test
	cmake --preset dev
	cmake --build --preset dev -j $(JOBS)
	tools/run_tests dev

test-all: test test-slow lint test-asan test-tsan test-planted zoo conformance test-qemu fuzz  ## everything: an hour and more
	tools/setup peers
	$(VENV) bench/peers/compare.py mobilenet_v2 --at-least 1

test-slow: test  ## whole recordings, and what goes wrong in the field: minutes
	PATH=$$PATH:/usr/sbin ctest --test-dir build/dev -L slow --output-on-failure --no-tests=error

test-asan:  ## the fast tests under the address and undefined-behaviour sanitizers
	tools/setup test
	cmake --preset asan
	cmake --build --preset asan -j $(JOBS)
	tools/run_tests asan

test-tsan:  ## the fast tests under the thread sanitizer
	tools/setup test
	cmake --preset tsan
	cmake --build --preset tsan -j $(JOBS)
	tools/run_tests tsan

test-qemu: build  ## packages for aarch64 and armv7, and the station for aarch64, under qemu
	tools/setup zoo
	tests/kernels/emulated aarch64
	tests/kernels/emulated armv7
	tests/zoo/emulated aarch64
	tests/zoo/emulated armv7
	tests/zoo/aarch64_station

test-planted: test  ## wrong lines planted in operators, each of which a test must find
	tests/planted/run build/planted

conformance: build  ## every operator against ONNX's own tests and LiteRT's kernels of integers
	tools/setup zoo
	$(VENV) tests/conformance/onnx_node.py
	$(VENV) tests/conformance/tflite_integers.py

zoo: build  ## compiled models against ONNX Runtime and LiteRT, one table
	tools/setup zoo
	$(VENV) tests/zoo/compare.py
	$(VENV) tests/zoo/narrow.py

fuzz:  ## every fuzz target for FUZZ_SECONDS seconds
	tools/setup test
	cmake --preset fuzz
	cmake --build --preset fuzz -j $(JOBS)
	tools/run_fuzzers build/fuzz $(FUZZ_SECONDS)

bench: build  ## how fast compiled models are here
	tools/setup zoo
	bench/run

bench-peers: build  ## networks in turn with ONNX Runtime, OpenVINO, LiteRT and ncnn: an hour
	tools/setup peers
	$(VENV) bench/peers/compare.py --threads 1,2
	$(VENV) bench/peers/memory.py

bench-arm: build  ## instructions of inferences on ARM, ours and LiteRT's, under emulation
	tools/setup peers
	bench/arm/counts --to bench/results/arm.txt mobilenet_v1 mobilenet_v2 mobilenet_v3_small squeezenet1_1 shufflenet_v2_x1_0 resnet18
	bench/arm/counts --engine aarch64,aarch64_dot,aarch64_i8mm,armv7,litert --to bench/results/arm_integers.txt \
		mobilenet_v2_int8 mobilenet_v2_qdq resnet18_qdq

bench-preprocess: build  ## pictures to tensors in turn with OpenCV on one core
	tools/setup zoo
	$(VENV) bench/preprocess/compare.py --at-least 2

bench-station: build  ## what a station costs beside GStreamer, OpenCV and ONNX Runtime glued by Python
	tools/setup bench
	$(VENV) bench/station/compare.py --check

lint:  ## format, layers, header comments, words, sizes, clang-tidy
	tools/setup test
	cmake --preset dev >/dev/null
	tools/lint/all

format:  ## write all C and C++ as clang-format does
	python3 tools/lint/format.py --fix
