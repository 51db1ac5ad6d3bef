internal import NIOConcurrencyHelpers
internal import TransportCore
internal import TypeName

/// What to say of functions that no endpoint serves: the target that was probably meant.
///
/// To find that one takes milliseconds where there are many targets, and messages for a function that nobody serves may come as fast as
/// any others. So it is looked for once for each function, and only for the first few.
final class UnservedFunctions: Sendable {
    /// How many functions a target is looked for.
    static let most = 32

    private let targets: [TargetFunctions]
    private let nearest = NIOLockedValueBox<[TypeName: String?]>([:])

    init(_ targets: [TargetFunctions]) {
        self.targets = targets
    }

    /// A sentence without a full stop on what there is instead.
    func advice(for function: TypeName) -> String {
        guard !targets.isEmpty else { return "the file has no endpoint that can be used" }
        if let near = nearestTarget(to: function) {
            return "the nearest target is \(near)"
        }
        let shown = targets.prefix(5).map(\.description).joined(separator: ", ")
        return "its targets are \(shown)\(targets.count > 5 ? " and \(targets.count - 5) more" : "")"
    }

    private func nearestTarget(to function: TypeName) -> String? {
        let (known, isFull) = nearest.withLockedValue { ($0[function], $0.count >= Self.most) }
        if let known { return known }
        guard !isFull, function.namespace.utf8.count + function.name.utf8.count <= NearestName.longest else { return nil }
        let found = NearestName.of(function.description, among: targets.lazy.map(\.description))
        nearest.withLockedValue { $0[function] = .some(found) }
        return found
    }
}
