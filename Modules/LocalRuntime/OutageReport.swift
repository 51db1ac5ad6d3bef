internal import NIOConcurrencyHelpers
internal import RuntimeCore

/// Tells whoever operates the runtime which functions do not answer, with how much waits for them.
final class OutageReport: Sendable {
    private struct Weak: Sendable {
        weak var shard: RuntimeShard?
    }

    private let report: @Sendable (RuntimeEvent) -> Void
    private let box = NIOLockedValueBox(Weak())

    init(report: @escaping @Sendable (RuntimeEvent) -> Void) {
        self.report = report
    }

    /// Who knows how much waits.
    var shard: RuntimeShard? {
        get { box.withLockedValue { $0.shard } }
        set { box.withLockedValue { $0.shard = newValue } }
    }

    func changed(_ functionType: String, _ change: RuntimeFigures.Outage.Change) {
        Task {
            guard let shard else { return }
            let waiting = await shard.waiting(for: functionType)
            switch change {
            case .down(let kind):
                report(.functionDown(functionType: functionType, reason: await shard.reason(kind, of: functionType), waiting: waiting))
            case .back:
                report(.functionBack(functionType: functionType, waiting: waiting))
            }
        }
    }
}
