import ArgumentParser
import LocalRuntime
import RequestReply
import RuntimeCore
import TypeName

/// `statefun state …`
struct StateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "state",
        abstract: "Lists the addresses that keep state; shows, sets and clears their values.",
        discussion: """
            Works beside the application that runs, and on what one has left behind. A value is changed between two calls of \
            its address. Values are written as in 'statefun invoke --state', such as seen=int:5.
            """,
        subcommands: [List.self, Show.self, Set.self, Clear.self],
        defaultSubcommand: List.self
    )

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists the addresses that keep state (also without 'list').")

        @OptionGroup var options: RuntimeOptions
        @OptionGroup var which: AddressPageOptions

        func run() async throws {
            try await options.withRuntime { session in
                let answer = try await session.ask(
                    .addresses(functionType: which.function, after: which.after, limit: which.page.limit)
                )
                guard case .addresses(let found, let hasMore) = answer else { return }
                let output = Terminal.standardOutput
                let next = hasMore ? found.last?.address : nil
                switch options.output.format {
                case .text:
                    guard !found.isEmpty else {
                        output.write("no address keeps state\n")
                        return
                    }
                    var table = TextTable("ADDRESS", "BYTES", "VALUES")
                    for entry in found {
                        table.add(entry.address.description, String(entry.bytes), entry.names.joined(separator: " "))
                    }
                    output.write(table.text(on: output))
                    if let next { output.write("there are more: --after '\(ShownText.safe(next.description))'\n") }
                case .json:
                    let addresses = found.map { entry in
                        JSONText.object([
                            ("address", JSONText.quoted(entry.address.description)),
                            ("bytes", String(entry.bytes)),
                            ("values", JSONText.array(entry.names.map(JSONText.quoted))),
                        ])
                    }
                    output.write(
                        JSONText.object([
                            ("addresses", JSONText.array(addresses)),
                            ("next", next.map { JSONText.quoted($0.description) } ?? "null"),
                        ]) + "\n"
                    )
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Shows the values that an address keeps.")

        @OptionGroup var options: RuntimeOptions

        @Argument(help: ArgumentHelp("The address, as namespace/name/id.", valueName: "address"), transform: ArgumentText.address)
        var address: Address

        func run() async throws {
            try await options.withRuntime { session in
                let answer = try await session.ask(.state(of: RuntimeAddress(address)))
                guard case .state(let values, let declared) = answer else { return }
                let report = StateReport(values: values, declared: declared)
                let output = Terminal.standardOutput
                switch options.output.format {
                case .text: output.write(report.text(of: address, on: output))
                case .json: output.write(report.json(of: address) + "\n")
                }
            }
        }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sets values of an address.",
            discussion: "A function must have declared the value, which it does when it is first called, and as one of this type."
        )

        @OptionGroup var options: RuntimeOptions

        @Argument(help: ArgumentHelp("The address, as namespace/name/id.", valueName: "address"), transform: ArgumentText.address)
        var address: Address

        @Argument(help: ArgumentHelp("What to set, such as seen=int:5.", valueName: "name=type:value"), transform: ArgumentText.state)
        var values: [StateValue]

        func validate() throws {
            if let empty = values.first(where: { $0.value == nil }) {
                throw ValidationError("'\(empty.name)=' sets nothing; remove a value with 'statefun state clear'.")
            }
        }

        func run() async throws {
            try await options.withRuntime { session in
                for state in values {
                    guard let value = state.value else { continue }
                    _ = try await session.ask(
                        .setState(
                            of: RuntimeAddress(address),
                            name: state.name,
                            typename: value.typename,
                            value: OpaqueBytes(value.bytes)
                        )
                    )
                }
                options.output.report("set", values.map(\.name), of: address)
            }
        }
    }

    struct Clear: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Removes values of an address.")

        @OptionGroup var options: RuntimeOptions

        @Argument(help: ArgumentHelp("The address, as namespace/name/id.", valueName: "address"), transform: ArgumentText.address)
        var address: Address

        @Argument(help: ArgumentHelp("The values to remove.", valueName: "name"))
        var names: [String] = []

        @Flag(help: "Remove all of them.")
        var all = false

        func validate() throws {
            guard names.isEmpty == all else { throw ValidationError("Name the values to remove, or say --all.") }
        }

        func run() async throws {
            try await options.withRuntime { session in
                var cleared: [String] = []
                for name in all ? [nil] : names.map(Optional.some) {
                    guard case .changed(let names) = try await session.ask(.clearState(of: RuntimeAddress(address), name: name)) else {
                        return
                    }
                    cleared += names
                }
                options.output.report("cleared", cleared, of: address)
            }
        }
    }
}

extension OutputOptions {
    /// Prints which values of an address were changed.
    fileprivate func report(_ what: String, _ names: [String], of address: Address) {
        let output = Terminal.standardOutput
        switch format {
        case .text:
            output.write("\(ShownText.safe(address.description)): \(what) \(names.map(ShownText.safe).joined(separator: ", "))\n")
        case .json:
            output.write(
                JSONText.object([
                    ("address", JSONText.quoted(address.description)), (what, JSONText.array(names.map(JSONText.quoted))),
                ]) + "\n"
            )
        }
    }
}
