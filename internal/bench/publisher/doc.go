// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package publisher has the processes that the benchmark of screens measures. They play a clip like a program that
// draws, and publish it: from Go as in the README, or with the command gstpublish.
package publisher
