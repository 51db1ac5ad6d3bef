extension DispatchMachine {
    /// How many addresses of a function there are, kept up with every change: there may be too many to count them when asked.
    struct Counts: Hashable, Sendable {
        enum Kind: Hashable, Sendable {
            /// In line or called, and nothing has failed.
            case atWork
            /// Waits for its function, and its last call did not fail.
            case gated
            /// Pauses, or its last call has failed.
            case failing
        }

        private(set) var all = 0
        private(set) var gated = 0
        private(set) var failing = 0

        /// An address is of another kind; it is new where it was none, and gone where it is none.
        mutating func moved(from old: Kind?, to new: Kind?) {
            count(old, -1)
            count(new, 1)
        }

        private mutating func count(_ kind: Kind?, _ change: Int) {
            guard let kind else { return }
            all += change
            switch kind {
            case .atWork: break
            case .gated: gated += change
            case .failing: failing += change
            }
        }
    }
}
