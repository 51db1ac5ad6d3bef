import NIOConcurrencyHelpers

/// What the examples of the documentation print, caught for the tests.
final class ExampleOutput: Sendable {
    @TaskLocal static var current: ExampleOutput?

    private let printed = NIOLockedValueBox<[String]>([])

    private init() {}

    /// Runs an example and returns the lines that it has printed.
    static func of(_ example: () async throws -> Void) async rethrows -> [String] {
        let output = ExampleOutput()
        try await $current.withValue(output) { try await example() }
        return output.printed.withLockedValue { $0 }
    }

    fileprivate func append(_ text: String) {
        printed.withLockedValue { $0 += text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) }
    }
}

/// Takes the place of the standard library's `print` in the examples.
func print(_ items: Any..., terminator: String = "\n") {
    ExampleOutput.current?.append(items.map { "\($0)" }.joined(separator: " "))
}
