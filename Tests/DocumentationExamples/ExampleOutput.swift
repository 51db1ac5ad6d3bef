import NIOConcurrencyHelpers

/// What the examples of the documentation print, caught for the tests.
final class ExampleOutput: Sendable {
    @TaskLocal static var current: ExampleOutput?

    private let text = NIOLockedValueBox("")

    private init() {}

    /// Runs an example and returns the lines that it has printed.
    static func of(_ example: () async throws -> Void) async rethrows -> [String] {
        let output = ExampleOutput()
        try await $current.withValue(output) { try await example() }
        return output.text.withLockedValue { $0 }.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init)
    }

    fileprivate func append(_ more: String) {
        text.withLockedValue { $0 += more }
    }
}

/// Takes the place of the standard library's `print` in the examples, so it has the same parameters.
func print(_ items: Any..., separator: String = " ", terminator: String = "\n") {
    ExampleOutput.current?.append(items.map { "\($0)" }.joined(separator: separator) + terminator)
}
