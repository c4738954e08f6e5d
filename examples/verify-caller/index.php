<?php
// The button "verify this caller" on a page of a panel, and the webhook that says how it ended. docs/recipes/my-own-panel.md
declare(strict_types=1);
ini_set('display_errors', '0');
require __DIR__ . '/deskgate.php';
require __DIR__ . '/panel.php';

const WAYS = ['callback' => 'a call and their PIN', 'slack' => 'Slack', 'passkey' => 'their passkey', 'text' => 'a code by text message'];

function shown(mixed $words): string
{
    return htmlspecialchars(is_scalar($words) ? (string) $words : '', ENT_QUOTES | ENT_SUBSTITUTE);
}

function stop(int $status, string $words): never
{
    http_response_code($status);
    header('Content-Type: text/plain; charset=utf-8');
    exit($words);
}

function posted(string $name): string
{
    $value = $_POST[$name] ?? $_GET[$name] ?? '';
    return is_string($value) ? $value : '';
}

// --- the webhook: nobody is signed in, its signature is all that counts
if (str_ends_with(explode('?', $_SERVER['REQUEST_URI'])[0], '/deskgate-webhook')) {  // below whatever folder this is served from
    $body = (string) stream_get_contents(fopen('php://input', 'r'), 100_000);
    [$id, $sent, $signed] = array_map(fn ($name) => (string) ($_SERVER["HTTP_WEBHOOK_$name"] ?? ''), ['ID', 'TIMESTAMP', 'SIGNATURE']);
    $event = deskgate_event($body, $id, $sent, $signed) ?? stop(401, 'This is not from the desk.');
    if (($event['type'] ?? '') === 'verification.ended') {
        $ended = $event['data']['verification'];
        panel_note('verification-' . (int) $ended['id'], array_intersect_key($ended, array_flip(['id', 'person', 'account', 'action', 'state', 'why', 'ended_at'])));
    }
    http_response_code(204);
    exit;
}

// --- the page: for the panel's staff alone
if (panel_staff() === null) {
    header('WWW-Authenticate: Basic realm="panel"');
    stop(401, 'Sign in to the panel.');
}
if (session_status() !== PHP_SESSION_ACTIVE) {  // the panel may have begun its own
    session_start(['cookie_httponly' => true, 'cookie_samesite' => 'Strict', 'cookie_secure' => ($_SERVER['HTTPS'] ?? '') !== '', 'use_strict_mode' => true]);
}
$_SESSION['verify_token'] ??= bin2hex(random_bytes(16));
header("Content-Security-Policy: default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
header('X-Content-Type-Options: nosniff');
header('Referrer-Policy: no-referrer');

$asked = null;
if ($_SERVER['REQUEST_METHOD'] === 'POST') {
    if (!hash_equals($_SESSION['verify_token'], posted('token'))) {
        stop(403, 'This form is not of this page. Open the page again.');
    }
    // What is sent twice is asked once. Another form is another request: its `once` is new.
    $asked = deskgate_verify(posted('person'), posted('account'), posted('action'), posted('way'), hash('sha256', $_SESSION['verify_token'] . posted('once')));
    if ($asked['status'] === 201) {
        $_SESSION['verify_mine'][$asked['id']] = true;
        header('Location: ?id=' . (int) $asked['id'], true, 303);
        exit;
    }
} elseif (isset($_GET['id'])) {
    $id = (int) posted('id');
    $asked = isset($_SESSION['verify_mine'][$id]) ? deskgate_verification($id) : stop(404, 'You have asked for no such verification.');
    if (($asked['state'] ?? '') === 'waiting') {
        header('Refresh: 3');
    }
}
header('Content-Type: text/html; charset=utf-8');
?>
<!doctype html>
<html lang="en">
<title>Verify this caller</title>
<h1>Verify this caller</h1>
<?php if ($asked !== null): ?>
<p role="status"><?php if (deskgate_allows($asked)): ?>
<?php $limit = deskgate_limit($asked) ?>
<strong><?= $limit === '' ? 'Yes.' : 'Yes, within a limit.' ?></strong> <?= shown($asked['person']) ?> has proved who they are and may do this on account <?= shown($asked['account']) ?>: <?= shown($asked['action']) ?><?= $limit === '' ? '' : ', but only as far as this goes: ' . shown($limit) ?>. It counts until <?= shown($asked['counts_until']) ?>.
<?php elseif (($asked['state'] ?? '') === 'waiting'): ?>
<?= shown($asked['person']) ?> is being asked. <?= isset($asked['page']) ? 'They answer at ' . shown($asked['page']) . '.' : '' ?> This page looks again every three seconds.
<?php elseif (($asked['state'] ?? '') === 'passed'): ?>
<strong>No.</strong> <?= shown($asked['person']) ?> has proved who they are, and may not do this: <?= shown($asked['decision']['reason'] ?? 'it counts no more') ?>.
<?php elseif (isset($asked['state'])): ?>
<strong>No.</strong> <?= shown($asked['person']) ?> has not proved who they are: <?= shown($asked['state']) ?><?= $asked['why'] === null ? '' : ', ' . shown($asked['why']) ?>.
<?php else: ?>
<strong>Not asked.</strong> <?= shown($asked['detail'] ?? '') ?>
<?php endif ?></p>
<?php endif ?>
<form method="post" action="?">
<input type="hidden" name="token" value="<?= shown($_SESSION['verify_token']) ?>">
<input type="hidden" name="once" value="<?= bin2hex(random_bytes(16)) ?>">
<?php foreach (['account', 'person', 'action'] as $name): ?>
<p><label><?= $name ?> <input name="<?= $name ?>" value="<?= shown(posted($name)) ?>" maxlength="64" required></label></p>
<?php endforeach ?>
<p><label>by <select name="way"><?php foreach (WAYS as $way => $words): ?><option value="<?= $way ?>"><?= $words ?></option><?php endforeach ?></select></label></p>
<p><button>Verify this caller</button></p>
</form>
<h2>Lately</h2>
<ul>
<?php foreach (panel_notes() as $note): ?>
<li><?= shown($note['ended_at'] ?? '') ?>: <?= shown($note['person'] ?? '') ?>, account <?= shown($note['account'] ?? '') ?>, <?= shown($note['action'] ?? '') ?>: <?= shown($note['state'] ?? '') ?> <?= shown($note['why'] ?? '') ?></li>
<?php endforeach ?>
</ul>
