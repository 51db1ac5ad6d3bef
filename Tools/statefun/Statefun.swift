import ArgumentParser

@main
struct Statefun: AsyncParsableCommand {
    func run() async throws { print("hi") }
}
