<?php
// What a billing panel in PHP needs of Deskgate to have a caller verified: ask, look, and believe a webhook. docs/recipes/my-own-panel.md
declare(strict_types=1);

/** One request to the API. Gives what it says, with `status`; status 0 where the desk cannot be reached. */
function deskgate(string $method, string $path, ?array $body = null, string $once = ''): array
{
    $desk = rtrim((string) getenv('DESKGATE_URL'), '/');
    $at = parse_url($desk);
    if (($at['scheme'] ?? '') !== 'https' && !in_array($at['host'] ?? '', ['127.0.0.1', 'localhost'], true)) {
        return ['status' => 0, 'detail' => 'DESKGATE_URL is not https, so the key stays here.'];
    }
    $head = ['Authorization: Bearer ' . getenv('DESKGATE_KEY'), 'Content-Type: application/json'];
    if ($once !== '') {
        $head[] = "Idempotency-Key: $once";  // the same form sent twice asks the person once
    }
    $how = ['method' => $method, 'header' => $head, 'ignore_errors' => true, 'timeout' => 15, 'follow_location' => 0];
    $how += $body === null ? [] : ['content' => json_encode($body, JSON_INVALID_UTF8_SUBSTITUTE)];
    $answer = @fopen("$desk/api/v1$path", 'r', false, stream_context_create(['http' => $how]));
    if ($answer === false) {
        return ['status' => 0, 'detail' => 'The desk cannot be reached.'];
    }
    $status = (int) explode(' ', stream_get_meta_data($answer)['wrapper_data'][0])[1];
    $said = json_decode((string) stream_get_contents($answer, 100_000), true);
    return ['status' => $status] + (is_array($said) ? $said : ['detail' => 'The desk does not answer as it should.']);
}

/** Asks a person to prove themselves for one action. They are told the name of your key, and what for. */
function deskgate_verify(string $person, string $account, string $action, string $way, string $once): array
{
    return deskgate('POST', '/verifications', compact('person', 'account', 'action', 'way'), $once);
}

/** What has come of it, judged at this moment. */
function deskgate_verification(int $id): array
{
    return deskgate('GET', "/verifications/$id");
}

/** May they do what they were asked for? `passed` alone says who they are, and not what they may do. */
function deskgate_allows(array $verification): bool
{
    return ($verification['state'] ?? '') === 'passed' && ($verification['decision']['allowed'] ?? false) === true;
}

/** Where a yes ends, in a word of docs/api.md (`billing_topics`: billing matters alone), or empty. Show it beside the yes: it is half of the answer. */
function deskgate_limit(array $verification): string
{
    return (string) ($verification['decision']['when'] ?? '');
}

/** The event of a webhook, or null where it is not genuine or older than five minutes. As https://www.standardwebhooks.com has it. */
function deskgate_event(string $body, string $id, string $sent, string $signatures): ?array
{
    $secret = base64_decode(preg_replace('/^whsec_/', '', (string) getenv('DESKGATE_WEBHOOK_SECRET')), true);
    if ($secret === false || strlen($secret) < 24 || !preg_match('/^\d{1,12}$/D', $sent) || abs(time() - (int) $sent) > 300) {
        return null;
    }
    $ours = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$sent.$body", $secret, true));
    foreach (explode(' ', $signatures) as $theirs) {  // two of them while a secret is being changed
        if (hash_equals($ours, $theirs)) {
            $event = json_decode($body, true);
            return is_array($event) ? $event : null;
        }
    }
    return null;
}
