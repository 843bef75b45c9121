// SPDX-FileCopyrightText: 2026 The gstpublish authors
// SPDX-License-Identifier: Apache-2.0

// Package archtest has no code, only the tests that keep the walls between this module's rooms: who may import what,
// how big a file may grow, and what each file starts with. ARCHITECTURE.md says why.
package archtest
